// The calls of the area "commits"; docs/reference/commits.md quotes them.
#include <filesystem>
#include <fstream>
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    co_await api.create_repo("acme/drafts", {.exist_ok = true});
    const auto folder = hfasync::HubOptions::from_env().cache.home / "drafts";
    std::filesystem::create_directories(folder / "logs");
    std::ofstream(folder / "notes.txt") << "first\n";
    std::ofstream(folder / "logs/run.txt") << "done\n";
    //[upload_file
    const auto commit = co_await api.upload_file(folder / "notes.txt", "docs/notes.txt", "acme/drafts",
                                                 {.commit_message = "Add notes"});
    std::cout << commit.oid << ": " << commit.commit_message << "\n";
    //]
    //[upload_folder
    co_await api.upload_folder("acme/drafts", folder,
                               {.ignore_patterns = "*.tmp", .delete_patterns = "*.txt"});
    //]
    //[create_commit
    std::vector<hfasync::CommitOperation> operations;
    operations.push_back(hfasync::CommitOperationAdd("a.txt", hfasync::UploadSource::bytes("a")));
    operations.push_back(
        hfasync::CommitOperationCopy{.src_path_in_repo = "notes.txt", .path_in_repo = "b.txt"});
    operations.push_back(hfasync::CommitOperationDelete{.path_in_repo = "logs/"});
    const auto proposal =
        co_await api.create_commit("acme/drafts", operations, "Tidy up", {.create_pr = true});
    std::cout << "a Pull Request: " << proposal.pr_url.value() << "\n";
    //]
    //[preupload_lfs_files
    std::vector<hfasync::CommitOperation> weights;
    for (int shard = 0; shard < 3; ++shard) {
        hfasync::CommitOperationAdd addition("weights-" + std::to_string(shard) + ".safetensors",
                                             hfasync::UploadSource::bytes(std::string(1000, 'w')));
        std::vector<hfasync::CommitOperationAdd> one{addition};
        co_await api.preupload_lfs_files("acme/drafts", one); // its content is let go of afterwards
        weights.push_back(addition);
    }
    co_await api.create_commit("acme/drafts", weights, "Add the weights");
    //]
    //[upload_large_folder
    co_await api.upload_large_folder("acme/drafts", folder, "model", {.print_report = false});
    //]
    //[delete_file
    co_await api.delete_file("notes.txt", "acme/drafts", {.commit_message = "No notes"});
    //]
    //[delete_files
    std::vector<std::string> patterns{"weights-*", "*.bin"};
    co_await api.delete_files("acme/drafts", patterns);
    //]
    //[delete_folder
    co_await api.delete_folder("logs", "acme/drafts");
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
