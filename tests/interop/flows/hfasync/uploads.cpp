// Folders: in one commit, by patterns, and large ones.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

asio::awaitable<Names> files(Run run, std::string id, std::string type = "model")
{
    auto all = sorted(co_await run.ann.list_repo_files(id, {.repo_type = type}).collect());
    std::erase(all, ".gitattributes");
    co_return all;
}

Task folder(Run run)
{
    const auto id = co_await run.make_repo("ann/uploads-folder", {.repo_type = "dataset"});
    const auto tree = run.folder / "tree";
    write_file(tree / "a.txt", "a");
    write_file(tree / "empty.txt", "");
    write_file(tree / "été/with space.txt", "Größe");
    write_file(tree / "sub/w.bin", noise(4000));
    write_file(tree / "sub/big.txt", noise(11u << 20, 8));
    const auto commit = co_await run.ann.upload_folder(
        id, tree, {.path_in_repo = "in/here", .commit_message = "A folder", .repo_type = "dataset"});
    Names wanted;
    for (const auto& name : files_below(tree))
        wanted.push_back("in/here/" + name);
    run.same(co_await files(run, id, "dataset"), wanted, "paths");
    const auto history = co_await run.ann.list_repo_commits(id, {.repo_type = "dataset"}).collect();
    run.same(history.size(), 2u, "in one commit");
    run.same(history[0].commit_id, commit.oid, "which is the head");
    run.same(history[0].title, "A folder", "with its message");
    const auto down = co_await run.ann.snapshot_download(id, {.repo_type = "dataset"});
    for (const auto& name : files_below(tree))
        run.check(read_file(down / "in/here" / name) == read_file(tree / name), name + " comes back");
    write_file(tree / "a.txt", "changed");
    co_await run.ann.upload_folder(id, tree, {.path_in_repo = "in/here", .repo_type = "dataset"});
    run.same(co_await run.get(id, "in/here/a.txt", {.repo_type = "dataset"}), "changed", "a changed file");
    run.same(co_await files(run, id, "dataset"), wanted, "the same paths");
    co_await run.raises<ValueError>(run.ann.upload_folder(id, tree / "none", {.repo_type = "dataset"}),
                                    "no folder");
}

Task patterns(Run run)
{
    const auto id = co_await run.make_repo("ann/uploads-patterns");
    const auto tree = run.folder / "tree";
    for (const std::string name : {"a.txt", "b.log", "c.json", "logs/d.txt", "logs/e.log", ".git/config",
                                   "sub/.git/HEAD", ".gitignore"})
        write_file(tree / name, name == ".gitignore" ? "ignored.*\n" : name);
    co_await run.ann.upload_folder(
        id, tree, {.allow_patterns = Strings{"*.txt", "*.json"}, .ignore_patterns = "logs/*"});
    run.same(co_await files(run, id), (Names{"a.txt", "c.json"}), "allowed and not ignored");
    write_file(tree / "ignored.txt", "what .gitignore names stays behind too");
    co_await run.ann.upload_folder(id, tree);
    run.same(co_await files(run, id),
             (Names{".gitignore", "a.txt", "b.log", "c.json", "logs/d.txt", "logs/e.log"}),
             ".git stays behind");
    write_file(tree / "new.txt", "new");
    fs::remove(tree / "b.log");
    fs::remove(tree / "logs/e.log");
    co_await run.ann.upload_folder(id, tree, {.delete_patterns = "*.log"});
    run.same(co_await files(run, id), (Names{".gitignore", "a.txt", "c.json", "logs/d.txt", "new.txt"}),
             "deleted in the same commit");
    run.same((co_await run.ann.list_repo_commits(id).collect()).size(), 4u, "a commit each");
}

Task large_folder(Run run)
{
    const std::string id = "ann/uploads-large";
    run.delete_later(id, "dataset");
    const auto tree = run.folder / "tree";
    for (int i = 0; i < 300; ++i)
        write_file(tree / ("d" + std::to_string(i % 7)) / (std::to_string(i) + ".txt"), noise(200 + i, i));
    for (unsigned i = 0; i < 10; ++i)
        write_file(tree / "w" / (std::to_string(i) + ".bin"), noise(50'000 + i, i));
    write_file(tree / "big.txt", noise(11u << 20, 9));
    write_file(tree / "huge.bin", noise(66u << 20, 10));
    const UploadLargeFolderOptions quiet{.print_report = false};
    co_await run.ann.upload_large_folder(id, tree, "dataset", quiet);
    run.same(co_await files(run, id, "dataset"), files_below(tree), "paths");
    const auto down = co_await run.ann.snapshot_download(id, {.repo_type = "dataset"});
    for (const auto& name : files_below(tree))
        run.check(read_file(down / name) == read_file(tree / name), name + " comes back");
    const auto commits = co_await run.ann.list_repo_commits(id, {.repo_type = "dataset"}).collect();
    run.check(commits.size() > 2, "many commits");

    std::vector<std::string> sent;
    auto options = run.options();
    options.on_request = [&sent](const RequestReport& report) {
        if (report.bytes_sent != 0 || report.method == "PUT")
            sent.push_back(report.method + " " + report.url);
    };
    const HfApi again(run.hub(options));
    co_await again.upload_large_folder(id, tree, "dataset", quiet);
    std::erase_if(sent, [](const std::string& request) { return request.ends_with("/api/repos/create"); });
    run.same(sent, Names{}, "again it sends nothing");
    run.same((co_await run.ann.list_repo_commits(id, {.repo_type = "dataset"}).collect()).size(),
             commits.size(), "and commits nothing");
    write_file(tree / "d0/new.txt", "new");
    co_await again.upload_large_folder(id, tree, "dataset", quiet);
    run.same(co_await run.get(id, "d0/new.txt", {.repo_type = "dataset"}), "new", "a new file is sent");
}

} // namespace

Flows upload_flows()
{
    return {{"uploads.folder", folder},
            {"uploads.folder_patterns", patterns},
            {"uploads.large_folder", large_folder}};
}

} // namespace hfasync::flows
