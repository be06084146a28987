// A client whose warnings are kept.
#pragma once

#include "transfer/download_fixture.hpp"

namespace hfasync::test {

struct WarningFixture : DownloadFixture {
    std::vector<std::string> warnings;

    Hub client()
    {
        auto how = options();
        how.on_warning = [this](const std::string& text) { warnings.push_back(text); };
        return Hub(how);
    }
    std::filesystem::path get_warned(const std::string& path, HfHubDownloadOptions how = {})
    {
        auto hub_client = client();
        return hub_client.block_on(DownloadsApi(hub_client).hf_hub_download(repo_id, path, std::move(how)));
    }
    std::filesystem::path snapshot_warned(SnapshotDownloadOptions how = {})
    {
        auto hub_client = client();
        return hub_client.block_on(DownloadsApi(hub_client).snapshot_download(repo_id, std::move(how)));
    }
};

} // namespace hfasync::test
