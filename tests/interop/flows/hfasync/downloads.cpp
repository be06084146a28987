// Downloads that go well: files, snapshots, patterns, plain folders, parts.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

/// A client that remembers its requests.
struct Watched {
    std::shared_ptr<std::vector<std::string>> requests = std::make_shared<std::vector<std::string>>();
    HfApi api;

    explicit Watched(const Run& run) : api(run.hub(with_log(run))) {}
    HubOptions with_log(const Run& run) const
    {
        auto options = run.options();
        options.on_request = [requests = requests](const RequestReport& report) {
            // A redirect brings no bytes of a file.
            const bool elsewhere = report.status >= 300 && report.status < 400;
            requests->push_back((elsewhere ? "REDIRECTED " : "") + report.method + " " + report.url);
        };
        return options;
    }
    std::size_t gets_of_files() const
    {
        return static_cast<std::size_t>(
            std::count_if(requests->begin(), requests->end(), [](const std::string& request) {
                return request.starts_with("GET ") && request.find("/api/") == std::string::npos;
            }));
    }
};

Task file(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-file");
    const auto weights = noise(3u << 20);
    const auto first = co_await run.put_all(id, {{"dir/a.txt", "one"}, {"w.bin", weights}});
    co_await run.ann.create_tag(id, "v1");
    const auto second = co_await run.put(id, "dir/a.txt", "two");

    const auto repo = run.folder / "home/hub/models--ann--downloads-file";
    const auto path = co_await run.ann.hf_hub_download(id, "dir/a.txt");
    run.same(path, repo / "snapshots" / second.oid / "dir/a.txt", "where it is");
    run.same(read_file(path), "two", "by branch");
    run.same(read_file(repo / "refs/main"), second.oid, "refs/main");
    run.check(fs::is_symlink(path), "a link");
    run.same(fs::canonical(path), fs::canonical(repo / "blobs") / blob_id_of("two"),
             "to a blob named by git's id");

    const auto lfs = co_await run.ann.hf_hub_download(id, "w.bin", {.revision = "v1"});
    run.same(lfs, repo / "snapshots" / first.oid / "w.bin", "by tag");
    run.check(read_file(lfs) == weights, "an LFS file");
    run.same(fs::canonical(lfs).filename().string(), sha256_of(weights), "its blob is named by its SHA-256");
    run.same(read_file(repo / "refs/v1"), first.oid, "refs/v1");

    const auto old =
        co_await run.ann.hf_hub_download(id, "a.txt", {.subfolder = "dir", .revision = first.oid});
    run.same(read_file(old), "one", "by commit, in a folder");
    run.check(!fs::exists(repo / "refs" / first.oid), "a commit has no ref");
    run.same(files_below(repo / "blobs").size(), 3u, "a blob for each content");
    run.check(!fs::exists(path.parent_path() / "w.bin"), "nothing that was not asked for");

    const Watched watched(run);
    co_await watched.api.hf_hub_download(id, "dir/a.txt");
    run.same(watched.requests->size(), 1u, "what is there is asked about");
    run.same(watched.gets_of_files(), 0u, "and not fetched again");
    co_await watched.api.hf_hub_download(id, "w.bin", {.revision = first.oid});
    run.same(watched.requests->size(), 1u, "by commit it is not even asked about");
    co_await watched.api.hf_hub_download(id, "dir/a.txt", {.force_download = true});
    run.same(watched.gets_of_files(), 1u, "when forced it comes again");

    co_await run.make_repo("ann/downloads-file", {.repo_type = "dataset"});
    co_await run.put(id, "d.csv", "1,2", {.repo_type = "dataset"});
    const auto data = co_await run.ann.hf_hub_download(id, "d.csv", {.repo_type = "dataset"});
    run.same(read_file(data), "1,2", "a dataset of the same name");
    run.check(data.string().find("/datasets--ann--downloads-file/") != std::string::npos,
              "has its own folder");
}

Task snapshot(Run run)
{
    const auto id = co_await run.make_repo("acme/downloads-snapshot");
    Pairs all{{"README.md", "# T"},
              {"été/with space.txt", "Größe"},
              {"empty.txt", ""},
              {"w.bin", noise(5u << 20)},
              {"big.txt", noise(11u << 20, 3)}};
    for (int i = 0; i < 40; ++i)
        all.emplace_back("d" + std::to_string(i % 3) + "/" + std::to_string(i) + ".json", noise(i * 10, i));
    const auto commit = co_await run.put_all(id, all);
    co_await run.ann.create_branch(id, "dev");
    co_await run.put(id, "dev.txt", "dev", {.revision = "dev"});
    const auto down = co_await run.ann.snapshot_download(id);
    run.same(down.filename().string(), commit.oid, "the folder is the commit's");
    Names wanted{".gitattributes"};
    for (const auto& [path, content] : all) {
        run.check(read_file(down / path) == content, path);
        wanted.push_back(path);
    }
    Names found; // links do not count for files_below
    for (const auto& entry : fs::recursive_directory_iterator(down))
        if (!entry.is_directory()) found.push_back(entry.path().lexically_relative(down).generic_string());
    run.same(sorted(found), sorted(wanted), "all of it");
    run.same(co_await run.ann.snapshot_download(id), down, "again");
    const auto dev = co_await run.ann.snapshot_download(id, {.revision = "dev"});
    run.same(read_file(dev / "dev.txt"), "dev", "another branch");
    run.same(fs::canonical(dev / "w.bin"), fs::canonical(down / "w.bin"), "shares what is the same");
}

Task patterns(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-patterns");
    co_await run.put_all(
        id, {{"a.txt", "a"}, {"b.json", "b"}, {"dir/c.txt", "c"}, {"dir/d.bin", "d"}, {"dir/e/f.txt", "f"}});
    struct Case {
        std::optional<Strings> allow, ignore;
        Names wanted;
    };
    const std::vector<Case> cases{{"*.txt", std::nullopt, {"a.txt", "dir/c.txt", "dir/e/f.txt"}},
                                  {std::nullopt, "*.txt", {".gitattributes", "b.json", "dir/d.bin"}},
                                  {"dir/", std::nullopt, {"dir/c.txt", "dir/d.bin", "dir/e/f.txt"}},
                                  {Strings{"*.txt", "*.json"}, Strings{"dir/*"}, {"a.txt", "b.json"}},
                                  {"[ab].*", std::nullopt, {"a.txt", "b.json"}},
                                  {Strings(std::vector<std::string>{}), std::nullopt, {}}};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto into = run.folder / std::to_string(i);
        fs::create_directories(into);
        co_await run.ann.snapshot_download(
            id, {.local_dir = into, .allow_patterns = cases[i].allow, .ignore_patterns = cases[i].ignore});
        run.same(files_below(into), cases[i].wanted, "case " + std::to_string(i));
    }
}

Task local_dir(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-local");
    const auto weights = noise(100'000);
    const auto commit = co_await run.put_all(id, {{"dir/a.txt", "one"}, {"w.bin", weights}});
    const auto into = run.folder / "plain";
    const Watched watched(run);
    const auto folder = co_await watched.api.snapshot_download(id, {.local_dir = into});
    run.same(fs::canonical(folder), fs::canonical(into), "the folder");
    run.same(files_below(into), (Names{".gitattributes", "dir/a.txt", "w.bin"}), "files");
    run.check(!fs::is_symlink(into / "w.bin") && read_file(into / "w.bin") == weights, "no links");
    const auto metadata = into / ".cache/huggingface/download";
    const auto said = read_file(metadata / "w.bin.metadata");
    run.check(said.starts_with(commit.oid + "\n" + sha256_of(weights) + "\n"), "metadata of an LFS file");
    run.check(
        read_file(metadata / "dir/a.txt.metadata").starts_with(commit.oid + "\n" + blob_id_of("one") + "\n"),
        "metadata of a regular file");
    run.same(read_file(into / ".cache/huggingface/.gitignore"), "*", "git is told to pass it over");
    run.check(files_below(run.folder / "home/hub/models--ann--downloads-local/blobs").empty(),
              "the cache has no copy");

    run.check(watched.gets_of_files() >= 3, "the requests are seen");
    watched.requests->clear();
    co_await watched.api.snapshot_download(id, {.local_dir = into});
    co_await watched.api.hf_hub_download(id, "w.bin", {.local_dir = into});
    run.same(watched.gets_of_files(), 0u, "a second run sends no request for bytes");

    co_await run.put(id, "dir/a.txt", "two");
    co_await watched.api.snapshot_download(id, {.local_dir = into});
    run.same(read_file(into / "dir/a.txt"), "two", "a file that changed on the Hub comes again");
    run.same(watched.gets_of_files(), 1u, "it alone");
    watched.requests->clear();
    fs::remove(into / "dir/a.txt");
    co_await watched.api.snapshot_download(id, {.local_dir = into});
    run.same(read_file(into / "dir/a.txt"), "two", "a file that was deleted comes again");
    write_file(into / "w.bin", "mine");
    fs::last_write_time(into / "w.bin", fs::file_time_type::clock::now() + std::chrono::minutes(1));
    co_await watched.api.snapshot_download(id, {.local_dir = into});
    run.check(read_file(into / "w.bin") == weights, "a file that was changed in the folder comes again");
    run.same(watched.gets_of_files(), 2u, "these two alone");
    fs::remove_all(into / ".cache");
    watched.requests->clear();
    co_await watched.api.hf_hub_download(id, "w.bin", {.local_dir = into});
    run.same(watched.gets_of_files(), 0u, "without its record an LFS file is known by its SHA-256");
    const auto one =
        co_await run.ann.hf_hub_download(id, "dir/a.txt", {.revision = commit.oid, .local_dir = into});
    run.same(one, into / "dir/a.txt", "a single file");
    run.same(read_file(one), "one", "of another revision");
}

Task range(Run run)
{
    const auto id = co_await run.make_repo("ann/downloads-range");
    const auto regular = noise(50'000, 2), large = noise(12u << 20, 3);
    co_await run.put_all(id, {{"r.txt", regular}, {"w.bin", large}});
    for (const auto& [path, content] : Pairs{{"r.txt", regular}, {"w.bin", large}}) {
        const auto file = co_await open_file(run.ann_hub, id, path);
        run.same(file.size(), content.size(), "size of " + path);
        const std::uint64_t middle = content.size() / 2 + 1;
        run.same(co_await file.read(0, 100), content.substr(0, 100), "the start of " + path);
        run.same(co_await file.read(middle, 1000), content.substr(middle, 1000), "a part of " + path);
        run.same(co_await file.read(content.size() - 10, 100), content.substr(content.size() - 10),
                 "the end of " + path);
        run.same(co_await file.read(content.size() + 10, 100), "", "behind the end of " + path);
        std::string part;
        auto chunks = stream_file(run.ann_hub, id, path, {.offset = 1000, .length = 30'000});
        while (auto chunk = co_await chunks.next())
            part += *chunk;
        run.check(part == content.substr(1000, 30'000), "a stream of a part of " + path);
    }
    co_await run.raises<EntryNotFoundError>(open_file(run.ann_hub, id, "none.bin"), "no such file", 404);
}

} // namespace

Flows download_flows()
{
    return {{"downloads.file", file},
            {"downloads.snapshot", snapshot},
            {"downloads.patterns", patterns},
            {"downloads.local_dir", local_dir},
            {"downloads.range", range}};
}

} // namespace hfasync::flows
