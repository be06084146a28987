// HfApi: every call of the Hub in one object.
#pragma once

#include <hfasync/api/commits.hpp>
#include <hfasync/api/datasets.hpp>
#include <hfasync/api/downloads.hpp>
#include <hfasync/api/files.hpp>
#include <hfasync/api/models.hpp>
#include <hfasync/api/papers.hpp>
#include <hfasync/api/refs.hpp>
#include <hfasync/api/repos.hpp>
#include <hfasync/api/spaces.hpp>
#include <hfasync/api/users.hpp>

namespace hfasync {

/// The sum of the areas. Cheap to make and to copy; calls may outlive it. Thread-safe. Source: `HfApi`.
class HfApi : public ModelsApi,
              public DatasetsApi,
              public SpacesApi,
              public ReposApi,
              public RefsApi,
              public FilesApi,
              public DownloadsApi,
              public CommitsApi,
              public UsersApi,
              public PapersApi {
public:
    explicit HfApi(const Hub& hub)
        : ModelsApi(hub), DatasetsApi(hub), SpacesApi(hub), ReposApi(hub), RefsApi(hub), FilesApi(hub),
          DownloadsApi(hub), CommitsApi(hub), UsersApi(hub), PapersApi(hub)
    {
    }
};

} // namespace hfasync
