// docs/guides/upload.md: files, folders, several operations in one commit, what others do meanwhile.
#include <filesystem>
#include <fstream>
#include <hfasync/hfasync.hpp>
#include <iostream>

namespace asio = boost::asio;

//[stream
/// Lines that are made while they are sent: the same ones each time.
class Lines final : public hfasync::ByteStream {
public:
    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        if (rest_.empty() && next_ < 1000) rest_ = "{\"row\": " + std::to_string(next_++) + "}\n";
        const auto taken = asio::buffer_copy(into, asio::buffer(rest_)); // 0 at the end
        rest_.erase(0, taken);
        co_return taken;
    }

private:
    int next_ = 0;
    std::string rest_;
};
//]

asio::awaitable<void> run(hfasync::HfApi api, std::filesystem::path folder)
{
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "weights.bin") << std::string(100'000, 'w');
    std::ofstream(folder / "run.log") << "done\n";
    const std::string repo = (co_await api.create_repo("acme/guide", {.exist_ok = true})).repo_id;

    //[file
    auto commit = co_await api.upload_file(folder / "weights.bin", "weights.bin", repo,
                                           {.commit_message = "Weights of run 7"});
    std::cout << commit.commit_url << "\n";
    //]
    //[bytes
    co_await api.upload_file(hfasync::UploadSource::bytes("{\"lr\": 0.1}"), "config.json", repo);
    //]
    //[streamed
    co_await api.upload_file(hfasync::UploadSource::stream([] { return std::make_unique<Lines>(); }),
                             "rows.jsonl", repo);
    //]
    //[folder
    hfasync::UploadFolderOptions options;
    options.path_in_repo = "runs/7";
    options.ignore_patterns = {"*.tmp", "cache/*"};
    options.delete_patterns = "*.log"; // of runs/7 in the repo: what the folder has is sent again
    commit = co_await api.upload_folder(repo, folder, options);
    //]

    //[operations
    std::vector<hfasync::CommitOperation> operations;
    operations.push_back(hfasync::CommitOperationAdd("README.md", hfasync::UploadSource::bytes("# Guide\n")));
    operations.push_back(hfasync::CommitOperationCopy{.src_path_in_repo = "config.json",
                                                      .path_in_repo = "runs/7/config.json"});
    operations.push_back(hfasync::CommitOperationDelete{.path_in_repo = "rows.jsonl"});
    commit = co_await api.create_commit(repo, operations, "Tidy up", {.parent_commit = commit.oid});
    //]

    //[conflict
    auto late = co_await hfasync::as_result(
        api.create_commit(repo, operations, "Too late", {.parent_commit = std::string(40, '0')}));
    if (late.error() == hfasync::errc::conflict)
        std::cout << "somebody was faster: read again, then commit\n";
    //]

    //[pull_request
    const auto proposal =
        co_await api.upload_file(folder / "run.log", "logs/7.log", repo, {.create_pr = true});
    std::cout << "reviewed at " << proposal.pr_url.value_or("?") << "\n";
    //]
}

int main()
{
    const auto options = hfasync::HubOptions::from_env();
    hfasync::Hub hub(options);
    const hfasync::HfApi api(hub);
    hub.block_on(run(api, options.cache.home / "guide-upload"));
    //[future
    auto later = api.upload_file(hfasync::as_future, hfasync::UploadSource::bytes("done\n"), "logs/8.log",
                                 "acme/guide");
    // ... train on ...
    std::cout << later.get().oid << "\n"; // the commit, or the exception of the call
    //]
}
