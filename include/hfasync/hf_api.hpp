// HfApi: every call of the Hub in one object.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include <hfasync/api/access.hpp>
#include <hfasync/api/collections.hpp>
#include <hfasync/api/commits.hpp>
#include <hfasync/api/datasets.hpp>
#include <hfasync/api/discussions.hpp>
#include <hfasync/api/downloads.hpp>
#include <hfasync/api/endpoints.hpp>
#include <hfasync/api/files.hpp>
#include <hfasync/api/models.hpp>
#include <hfasync/api/papers.hpp>
#include <hfasync/api/refs.hpp>
#include <hfasync/api/repos.hpp>
#include <hfasync/api/safetensors.hpp>
#include <hfasync/api/spaces.hpp>
#include <hfasync/api/users.hpp>
#include <hfasync/api/webhooks.hpp>
#include <hfasync/future.hpp>

namespace hfasync {

/// The sum of the areas. Cheap to make and to copy; calls may outlive it. Thread-safe. Source: `HfApi`.
class HfApi : public ModelsApi,
              public DatasetsApi,
              public SpacesApi,
              public ReposApi,
              public RefsApi,
              public FilesApi,
              public DownloadsApi,
              public SafetensorsApi,
              public CommitsApi,
              public DiscussionsApi,
              public EndpointsApi,
              public CollectionsApi,
              public AccessApi,
              public WebhooksApi,
              public UsersApi,
              public PapersApi {
public:
    explicit HfApi(const Hub& hub)
        : ModelsApi(hub), DatasetsApi(hub), SpacesApi(hub), ReposApi(hub), RefsApi(hub), FilesApi(hub),
          DownloadsApi(hub), SafetensorsApi(hub), CommitsApi(hub), DiscussionsApi(hub), EndpointsApi(hub),
          CollectionsApi(hub), AccessApi(hub), WebhooksApi(hub), UsersApi(hub), PapersApi(hub),
          background_(std::make_shared<detail::BackgroundQueue>(hub))
    {
    }

    /// Makes a call in the background and returns a future of its result. The calls of one HfApi and its
    /// copies run one after the other, in the order of this method.
    ///
    ///     auto done = api.run_as_future(api.delete_file("old.bin", "acme/tiny"));
    ///     done.get(); // the result, or the exception of the call
    ///
    /// Who runs them: for a Hub with an io_context of its own a thread of the library; for a Hub on the
    /// caller's executor that executor, so somebody must run it (block_on() does), and `get()` may not be
    /// called from its handlers.
    ///
    /// *Lifetime*: what is queued is finished. The destructor of the last copy waits for it when the library
    /// has the thread; on the caller's executor it goes on as long as that runs, and a call whose io_context
    /// is destroyed gets errc::shut_down. After Hub::close() calls that have not begun end with
    /// errc::shut_down too. No future is left without an outcome. *Cancellation*: none; use with_deadline
    /// inside of the call. Thread-safe. Source: `run_as_future`.
    template <class T>
    std::future<T> run_as_future(boost::asio::awaitable<T> call) const
    {
        return detail::add_call(*background_, [call = std::move(call)]() mutable { return std::move(call); });
    }

    /// The same with a callable that gives the awaitable; it is called when its turn comes. A callable that
    /// holds a copy of the HfApi keeps the queue: then the destructors of other copies do not wait.
    template <detail::MakesCall F>
    std::future<typename detail::Awaited<std::invoke_result_t<F&>>::type> run_as_future(F make_call) const
    {
        return detail::add_call(*background_, std::move(make_call));
    }

private:
    std::shared_ptr<detail::BackgroundQueue> background_;
};

} // namespace hfasync
