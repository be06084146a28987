// Files of a repo: trees, infos by path, existence, metadata, safetensors.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

Task tree(Run run)
{
    const auto id = co_await run.make_repo("ann/files-tree");
    const auto weights = noise(3000);
    const auto first =
        co_await run.put_all(id, {{"a.txt", "a"}, {"dir/b.txt", "b"}, {"dir/sub/w.bin", weights}});
    const auto second = co_await run.put(id, "été/c.txt", "c", {.commit_message = "The c"});
    const auto root = co_await run.ann.list_repo_tree(id).collect();
    run.same(sorted(paths(root)), (Names{".gitattributes", "a.txt", "dir", "été"}), "the root");
    const auto dir = co_await run.ann.list_repo_tree(id, {.path_in_repo = "dir"}).collect();
    run.same(sorted(paths(dir)), (Names{"dir/b.txt", "dir/sub"}), "a folder");
    for (const auto& entry : dir) {
        if (const auto* file = std::get_if<RepoFile>(&entry)) {
            run.same(file->size, 1u, "size");
            run.same(file->blob_id, blob_id_of("b"), "git's id");
            run.check(!file->lfs && !file->last_commit, "a regular file; no commits unless asked for");
        } else
            run.same(std::get<RepoFolder>(entry).tree_id.size(), 40u, "git's id of a folder");
    }
    const auto all = co_await run.ann.list_repo_tree(id, {.recursive = true, .expand = true}).collect();
    run.same(sorted(paths(all)),
             (Names{".gitattributes", "a.txt", "dir", "dir/b.txt", "dir/sub", "dir/sub/w.bin", "été",
                    "été/c.txt"}),
             "recursively");
    for (const auto& entry : all) {
        const auto& last = std::visit([](const auto& one) { return one.last_commit; }, entry);
        const auto path = path_of(entry);
        run.check(last.has_value(), "the last commit of " + path);
        if (path.starts_with("été"))
            run.check(last->oid == second.oid && last->title == "The c", "is of " + path);
        if (path.starts_with("dir")) run.same(last->oid, first.oid, "is of " + path);
        if (path == "dir/sub/w.bin") {
            const auto& file = std::get<RepoFile>(entry);
            run.check(file.lfs && file.lfs->sha256 == sha256_of(weights) && file.lfs->size == 3000,
                      "an LFS file");
            run.check(file.security.has_value(), "its scan");
        }
    }
    const auto old =
        co_await run.ann.list_repo_tree(id, {.recursive = true, .revision = first.oid}).collect();
    run.check(!has(paths(old), "été"), "at a revision");
    co_await run.raises<EntryNotFoundError>(run.ann.list_repo_tree(id, {.path_in_repo = "none"}).collect(),
                                            "no such folder", 404);
    co_await run.raises<RevisionNotFoundError>(run.ann.list_repo_tree(id, {.revision = "none"}).collect(),
                                               "no such revision", 404);
    co_await run.raises<RepositoryNotFoundError>(run.ann.list_repo_tree(id + "-none").collect(),
                                                 "no such repo", 404);

    Pairs many;
    Names wanted;
    for (int i = 0; i < 1'100; ++i)
        many.emplace_back("many/" + std::to_string(i) + ".txt", std::to_string(i));
    for (const auto& [path, content] : many)
        wanted.push_back(path);
    co_await run.put_all(id, many);
    const auto listed = co_await run.ann.list_repo_tree(id, {.path_in_repo = "many"}).collect();
    run.same(sorted(paths(listed)), sorted(wanted), "more entries than a page");
    const auto expanded =
        co_await run.ann.list_repo_tree(id, {.path_in_repo = "many", .expand = true}).collect();
    run.same(sorted(paths(expanded)), sorted(wanted), "more entries than a page, with commits");
}

Task paths_info(Run run)
{
    const auto id = co_await run.make_repo("ann/files-paths");
    const auto weights = noise(3000);
    const auto first = co_await run.put_all(id, {{"a b/é.txt", "é"}, {"dir/w.bin", weights}});
    const auto commit = co_await run.put(id, "x.txt", "x");
    const auto found =
        co_await run.ann.get_paths_info(id, {"a b/é.txt", "dir", "dir/w.bin", "none.txt", "a b/none"});
    run.same(sorted(paths(found)), (Names{"a b/é.txt", "dir", "dir/w.bin"}), "those that are there");
    for (const auto& entry : found) {
        const auto* file = std::get_if<RepoFile>(&entry);
        run.same(file == nullptr, path_of(entry) == "dir", "a folder is a folder");
        if (path_of(entry) == "a b/é.txt")
            run.check(file->size == 2 && file->blob_id == blob_id_of("é") && !file->lfs, "a regular file");
        if (path_of(entry) == "dir/w.bin")
            run.check(file->lfs && file->lfs->sha256 == sha256_of(weights), "an LFS file");
    }
    run.check((co_await run.ann.get_paths_info(id, "none")).empty(), "nothing");
    run.check((co_await run.ann.get_paths_info(id, "x.txt", {.revision = first.oid})).empty(),
              "at a revision");
    const auto one = co_await run.ann.get_paths_info(id, "x.txt", {.expand = true});
    run.same(std::get<RepoFile>(one.at(0)).last_commit->oid, commit.oid, "with its last commit");
    co_await run.raises<RevisionNotFoundError>(run.ann.get_paths_info(id, "x.txt", {.revision = "none"}),
                                               "no such revision", 404);
}

Task exists(Run run)
{
    const auto id = co_await run.make_repo("ann/files-exists");
    co_await run.put(id, "dir/é x.txt", "x");
    co_await run.ann.create_branch(id, "dev/é");
    co_await run.put(id, "dev.txt", "dev", {.revision = "dev/é"});
    run.check(co_await run.ann.repo_exists(id), "a repo");
    run.check(!co_await run.ann.repo_exists(id + "-none"), "no repo");
    run.check(!co_await run.ann.repo_exists(id, {.repo_type = "dataset"}), "no dataset of this name");
    run.check(co_await run.ann.revision_exists(id, "main"), "main");
    run.check(co_await run.ann.revision_exists(id, "dev/é"), "a branch");
    run.check(!co_await run.ann.revision_exists(id, "none"), "no branch");
    run.check(co_await run.ann.file_exists(id, "dir/é x.txt"), "a file");
    run.check(!co_await run.ann.file_exists(id, "dir/none.txt"), "no file");
    run.check(!co_await run.ann.file_exists(id, "dev.txt"), "no file of main");
    run.check(co_await run.ann.file_exists(id, "dev.txt", {.revision = "dev/é"}), "a file of the branch");
    run.check(!co_await run.ann.file_exists(id, "dev.txt", {.revision = "none"}), "no such revision");
    run.check(!co_await run.ann.file_exists(id + "-none", "dev.txt"), "no such repo");
}

Task metadata(Run run)
{
    const auto id = co_await run.make_repo("ann/files-metadata");
    const auto weights = noise(20'000);
    const auto commit = co_await run.put_all(id, {{"é x.txt", "text"}, {"w.bin", weights}});
    const auto base = run.endpoint() + "/" + id + "/resolve/";
    const auto regular = co_await run.ann.get_hf_file_metadata(base + "main/%C3%A9%20x.txt");
    run.same(regular.commit_hash, commit.oid, "commit");
    run.same(regular.etag, blob_id_of("text"), "ETag of a regular file");
    run.same(regular.size, 4u, "size of a regular file");
    run.check(regular.location.starts_with(run.endpoint()), "a regular file is at the Hub");
    const auto lfs = co_await run.ann.get_hf_file_metadata(base + commit.oid + "/w.bin");
    run.same(lfs.commit_hash, commit.oid, "commit");
    run.same(lfs.etag, sha256_of(weights), "ETag of an LFS file");
    run.same(lfs.size, weights.size(), "size of an LFS file");
    run.check(!lfs.location.starts_with(run.endpoint()), "an LFS file is elsewhere");
    co_await run.raises<EntryNotFoundError>(run.ann.get_hf_file_metadata(base + "main/none.txt"), "no file",
                                            404);
    co_await run.raises<RevisionNotFoundError>(run.ann.get_hf_file_metadata(base + "none/w.bin"),
                                               "no revision", 404);
}

std::string safetensors(const std::string& header, std::size_t data)
{
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i)
        length[i] = static_cast<char>(header.size() >> (8 * i));
    return length + header + std::string(data, '\0');
}

Task safetensors_files(Run run)
{
    const auto one = co_await run.make_repo("ann/files-safetensors");
    co_await run.put(
        one, "model.safetensors",
        safetensors(
            R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
            R"("b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}})",
            26));
    const auto whole = co_await run.ann.get_safetensors_metadata(one);
    run.check(!whole.sharded && !whole.metadata, "a single file");
    run.check(whole.parameter_count == std::map<std::string, std::uint64_t>{{"BF16", 1}, {"F32", 6}},
              "parameters");
    run.same(whole.weight_map.at("w"), "model.safetensors", "where a tensor is");
    const auto& file = whole.files_metadata.at("model.safetensors");
    run.same(file.metadata.at("format"), "pt", "metadata");
    run.same(file.tensors.at("w").dtype, "F32", "dtype");
    run.same(file.tensors.at("w").shape, (std::vector<std::uint64_t>{2, 3}), "shape");
    run.same(file.tensors.at("b").data_offsets, (std::pair<std::uint64_t, std::uint64_t>{24, 26}), "offsets");
    run.check(co_await run.ann.parse_safetensors_file_metadata(one, "model.safetensors") == file,
              "the file alone");

    const auto many = co_await run.make_repo("ann/files-sharded");
    co_await run.put_all(
        many,
        {{"model-1.safetensors", safetensors(R"({"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}})", 8)},
         {"model-2.safetensors",
          safetensors(R"({"b":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}})", 8)},
         {"model.safetensors.index.json",
          R"({"metadata":{"total_size":16},)"
          R"("weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})"}});
    const auto sharded = co_await run.ann.get_safetensors_metadata(many);
    run.check(sharded.sharded, "several files");
    run.same((*sharded.metadata)["total_size"].as_int(), 16, "metadata of the index");
    run.same(sharded.files_metadata.size(), 2u, "files");
    run.same(sharded.weight_map.at("b"), "model-2.safetensors", "where a tensor is");
    run.same(sharded.parameter_count.at("F16"), 8u, "parameters of both");

    const auto none = co_await run.make_repo("ann/files-none");
    co_await run.raises<NotASafetensorsRepoError>(run.ann.get_safetensors_metadata(none), "no such files");
    co_await run.put_all(none, {{"model.safetensors", "no header"}, {"text.txt", "text"}});
    co_await run.raises<SafetensorsParsingError>(run.ann.get_safetensors_metadata(none), "a broken file");
    co_await run.raises<SafetensorsParsingError>(run.ann.parse_safetensors_file_metadata(none, "text.txt"),
                                                 "another file");
    co_await run.raises<EntryNotFoundError>(run.ann.parse_safetensors_file_metadata(none, "none.safetensors"),
                                            "no file", 404);
}

} // namespace

Flows file_flows()
{
    return {{"files.tree", tree},
            {"files.paths_info", paths_info},
            {"files.exists", exists},
            {"files.metadata", metadata},
            {"files.safetensors", safetensors_files}};
}

} // namespace hfasync::flows
