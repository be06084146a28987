// Commits: regular and LFS files, in parts, copies, deletes, parents, history.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

constexpr std::size_t mib = 1u << 20;
using Names = std::vector<std::string>;

asio::awaitable<RepoFile> one_file(Run run, std::string id, std::string path)
{
    const auto found = co_await run.ann.get_paths_info(id, path);
    run.same(paths(found), Names{path}, "get_paths_info");
    co_return std::get<RepoFile>(found[0]);
}

asio::awaitable<Names> files(Run run, std::string id, std::optional<std::string> revision = {})
{
    auto all = sorted(co_await run.ann.list_repo_files(id, {.revision = revision}).collect());
    std::erase(all, ".gitattributes");
    co_return all;
}

Task regular(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-regular");
    const Pairs all{{"a.txt", "one\r\ntwo\n"},
                    {"binary.dat", noise(70'000) + std::string(3, '\0')},
                    {"dir/été/with space & more.txt", "Größe 安\n"},
                    {"empty.txt", ""},
                    {"one/two/three/deep.json", "{}"}};
    Names wanted;
    for (const auto& [path, content] : all)
        wanted.push_back(path);
    const auto commit = co_await run.put_all(id, all, {.commit_description = "Words\n\nmore"});
    run.same(commit.oid.size(), 40u, "oid");
    run.same(commit.commit_url, run.endpoint() + "/" + id + "/commit/" + commit.oid, "URL of the commit");
    run.same(commit.commit_message, "Files", "message");
    run.same((co_await run.ann.model_info(id)).sha, commit.oid, "the head");
    run.same(co_await files(run, id), sorted(wanted), "paths");
    for (const auto& [path, content] : all) {
        run.same(co_await run.get(id, path), content, path);
        const auto file = co_await one_file(run, id, path);
        run.same(file.size, content.size(), "size of " + path);
        run.same(file.blob_id, blob_id_of(content), "git's id of " + path);
        run.check(!file.lfs, path + " is regular");
    }
    const auto file = run.folder / "local.txt";
    write_file(file, "from a file");
    const auto next = co_await run.ann.upload_file(file, "a.txt", id, {.commit_message = "Again"});
    run.check(next.oid != commit.oid, "another commit");
    run.same(co_await run.get(id, "a.txt"), "from a file", "it is replaced");
    run.same(co_await run.get(id, "a.txt", {.revision = commit.oid}), "one\r\ntwo\n",
             "and is still in the other");
}

Task lfs(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-lfs");
    const Pairs all{
        {"big.txt", noise(11 * mib, 2)}, {"small.safetensors", noise(3000, 3)}, {"dir/empty.bin", ""}};
    co_await run.put_all(id, all);
    for (const auto& [path, content] : all) {
        const auto file = co_await one_file(run, id, path);
        run.same(file.size, content.size(), "size of " + path);
        if (!content.empty()) { // the Hub keeps what is empty in git
            run.check(file.lfs.has_value(), path + " is LFS");
            run.same(file.lfs->size, content.size(), "LFS size of " + path);
            run.same(file.lfs->sha256, sha256_of(content), "SHA-256 of " + path);
        }
        run.check(co_await run.get(id, path) == content, path + " comes back");
    }
    // The repo's own .gitattributes decides about what comes after it.
    co_await run.put(id, "notes.mine", "regular");
    run.check(!(co_await one_file(run, id, "notes.mine")).lfs, "not yet LFS");
    co_await run.put(id, ".gitattributes", "*.mine filter=lfs diff=lfs merge=lfs -text\n");
    co_await run.put(id, "more.mine", "LFS");
    run.check((co_await one_file(run, id, "more.mine")).lfs.has_value(), "named in .gitattributes");
    run.same(co_await run.get(id, "more.mine"), "LFS", "it comes back");
}

Task multipart(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-multipart");
    const auto content = noise(70 * mib + 12'345, 4);
    const auto file = run.folder / "huge.bin";
    write_file(file, content);
    co_await run.ann.upload_file(file, "huge.bin", id);
    const auto info = co_await one_file(run, id, "huge.bin");
    run.same(info.size, content.size(), "size");
    run.check(info.lfs && info.lfs->sha256 == sha256_of(content), "SHA-256");
    run.check(co_await run.get(id, "huge.bin") == content, "it comes back");
}

Task copy_and_delete(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-copy");
    const auto weights = noise(5000, 5);
    const auto before = co_await run.put_all(id, {{"w.bin", weights},
                                                  {"a.txt", "a"},
                                                  {"gone.txt", "gone"},
                                                  {"old/one.txt", "1"},
                                                  {"old/deep/two.txt", "2"}});
    co_await run.ann.create_branch(id, "past");
    co_await run.put(id, "a.txt", "changed");
    std::vector<CommitOperation> operations;
    operations.push_back(CommitOperationAdd("new.txt", UploadSource::bytes("new")));
    operations.push_back(CommitOperationCopy{.src_path_in_repo = "w.bin", .path_in_repo = "copies/w.bin"});
    operations.push_back(CommitOperationCopy{.src_path_in_repo = "a.txt", .path_in_repo = "copies/a.txt"});
    operations.push_back(CommitOperationCopy{
        .src_path_in_repo = "a.txt", .path_in_repo = "copies/was.txt", .src_revision = "past"});
    operations.push_back(CommitOperationDelete{.path_in_repo = "gone.txt"});
    operations.push_back(CommitOperationDelete{.path_in_repo = "old/"});
    const auto commit = co_await run.ann.create_commit(id, operations, "Several");
    run.same(co_await files(run, id),
             (Names{"a.txt", "copies/a.txt", "copies/w.bin", "copies/was.txt", "new.txt", "w.bin"}), "files");
    run.same(co_await run.get(id, "copies/w.bin"), weights, "a copy of an LFS file");
    run.same((co_await one_file(run, id, "copies/w.bin")).lfs, (co_await one_file(run, id, "w.bin")).lfs,
             "it is the same object");
    run.same(co_await run.get(id, "copies/a.txt"), "changed", "a copy of a regular file");
    run.same(co_await run.get(id, "copies/was.txt"), "a", "a copy out of another revision");
    run.same(co_await run.get(id, "new.txt"), "new", "what was added");
    run.check(co_await run.ann.file_exists(id, "old/deep/two.txt", {.revision = before.oid}),
              "history stays");
    const auto history = co_await run.ann.list_repo_commits(id).collect();
    run.same(history[0].commit_id, commit.oid, "one commit");
    std::vector<CommitOperation> missing{
        CommitOperationCopy{.src_path_in_repo = "none.bin", .path_in_repo = "x.bin"}};
    co_await run.raises<EntryNotFoundError>(run.ann.create_commit(id, missing, "Nothing"),
                                            "a copy of nothing");
    run.same((co_await run.ann.model_info(id)).sha, commit.oid, "no commit");
}

Task deletes(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-delete");
    co_await run.put_all(id, {{"a.txt", "a"},
                              {"b.txt", "b"},
                              {"c.json", "{}"},
                              {"d/one.txt", "1"},
                              {"d/e/two.txt", "2"},
                              {"keep/x.txt", "x"},
                              {"w.bin", noise(3000)}});
    const auto commit = co_await run.ann.delete_file("a.txt", id, {.commit_message = "No a"});
    run.same((co_await run.ann.model_info(id)).sha, commit.oid, "a commit");
    run.check(!co_await run.ann.file_exists(id, "a.txt"), "a file is gone");
    co_await run.ann.delete_folder("d", id);
    run.same(co_await files(run, id), (Names{"b.txt", "c.json", "keep/x.txt", "w.bin"}), "a folder is gone");
    co_await run.ann.delete_files(id, Names{"*.json", "w.*"});
    run.same(co_await files(run, id), (Names{"b.txt", "keep/x.txt"}), "what patterns match is gone");
    co_await run.raises<EntryNotFoundError>(run.ann.hf_hub_download(id, "a.txt"), "its download", 404);
    co_await run.raises<HfHubHTTPError>(run.ann.delete_file("a.txt", id), "deleted twice");
    co_await run.raises<HfHubHTTPError>(run.bob.delete_file("b.txt", id), "not bob's", 403);
    run.same(co_await files(run, id), (Names{"b.txt", "keep/x.txt"}), "nothing else is gone");
}

Task stale_parent(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-stale");
    const auto first = co_await run.put(id, "a.txt", "1");
    const auto second = co_await run.put(id, "a.txt", "2", {.parent_commit = first.oid});
    run.same((co_await run.ann.model_info(id)).sha, second.oid, "the head as parent");
    const auto known = co_await run.raises<ConflictError>(
        run.put(id, "a.txt", "3", {.parent_commit = first.oid}), "stale", 412);
    run.same(known.head, second.oid, "the error names the head");
    co_await run.raises<ConflictError>(
        run.put_all(id, {{"w.bin", noise(2000)}}, {.parent_commit = first.oid}), "stale, with an LFS file",
        412);
    run.same((co_await run.ann.model_info(id)).sha, second.oid, "no commit");
    run.same(co_await run.get(id, "a.txt"), "2", "nothing is written");
    run.check(!co_await run.ann.file_exists(id, "w.bin"), "no LFS file either");
}

Task unchanged(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-unchanged");
    const Pairs both{{"a.txt", "a"}, {"w.bin", noise(4000, 6)}};
    const auto commit = co_await run.put_all(id, both);
    run.same((co_await run.put_all(id, both)).oid, commit.oid, "both again");
    run.same((co_await run.put(id, "a.txt", "a")).oid, commit.oid, "the regular one again");
    run.same((co_await run.put(id, "w.bin", noise(4000, 6))).oid, commit.oid, "the LFS one again");
    run.same((co_await run.ann.list_repo_commits(id).collect()).size(), 2u, "no commit was made");
    const auto next = co_await run.put_all(id, {{"a.txt", "a"}, {"b.txt", "b"}});
    run.check(next.oid != commit.oid, "a new file beside an old one is a commit");
    run.same((co_await run.ann.list_repo_commits(id).collect()).size(), 3u, "of one");
}

Task history(Run run)
{
    const auto id = co_await run.make_repo("ann/commits-history");
    const auto start = std::chrono::system_clock::now();
    const auto first = co_await run.put(
        id, "a.txt", "1", {.commit_message = "Première <b>", .commit_description = "Line one\n\nLine three"});
    co_await run.ann.create_branch(id, "dev");
    const auto second = co_await run.put(id, "a.txt", "2", {.commit_message = "Second"});
    const auto third = co_await run.put(id, "b.txt", "3", {.revision = "dev", .commit_message = "On dev"});
    const auto commits = co_await run.ann.list_repo_commits(id).collect();
    run.same(commits.size(), 3u, "commits of main");
    run.same(commits[0].commit_id, second.oid, "the newest first");
    run.same(commits[0].title, "Second", "title");
    run.same(commits[1].commit_id, first.oid, "then the one before");
    run.same(commits[1].title, "Première <b>", "its title");
    run.same(commits[1].message, "Line one\n\nLine three", "its message");
    run.same(commits[1].authors, Names{"ann"}, "its author");
    run.check(commits[0].created_at >= commits[1].created_at &&
                  commits[1].created_at >= commits[2].created_at,
              "dates in order");
    run.check(commits[1].created_at > start - std::chrono::minutes(5) &&
                  commits[1].created_at < start + std::chrono::minutes(5),
              "and of today");
    run.check(!commits[1].formatted_title, "no HTML unless asked for");
    const auto dev = co_await run.ann.list_repo_commits(id, {.revision = "dev", .formatted = true}).collect();
    run.same(dev.size(), 3u, "commits of a branch");
    run.same(dev[0].commit_id, third.oid, "its head");
    run.same(dev[1].commit_id, first.oid, "where it began");
    run.same(dev[1].formatted_title, "Première &lt;b&gt;", "HTML");
    run.same((co_await run.ann.list_repo_commits(id, {.revision = first.oid}).collect()).size(), 2u,
             "of a commit");
    co_await run.raises<RevisionNotFoundError>(run.ann.list_repo_commits(id, {.revision = "none"}).collect(),
                                               "no such revision", 404);
    for (int i = 0; i < 55; ++i) // more than a page
        co_await run.put(id, "c.txt", std::to_string(i), {.commit_message = "Number " + std::to_string(i)});
    const auto many = co_await run.ann.list_repo_commits(id).collect();
    run.same(many.size(), 58u, "more than a page");
    for (std::size_t i = 0; i < 55; ++i)
        run.same(many[i].title, "Number " + std::to_string(54 - i), "in order");
}

} // namespace

Flows commit_flows()
{
    return {{"commits.regular", regular},     {"commits.lfs", lfs},
            {"commits.multipart", multipart}, {"commits.copy_and_delete", copy_and_delete},
            {"commits.delete", deletes},      {"commits.stale_parent", stale_parent},
            {"commits.unchanged", unchanged}, {"commits.history", history}};
}

} // namespace hfasync::flows
