// `hfasync download`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/hfasync.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress_display.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

/// What --json prints.
struct Downloaded {
    std::string repo_id;
    std::string repo_type;
    std::optional<std::string> commit_hash; ///< absent for a plain folder
    std::string path;
};
HFASYNC_DESCRIBE(Downloaded, repo_id, repo_type, commit_hash, path)

namespace {

namespace asio = boost::asio;

struct Arguments {
    std::string repo_id;
    std::vector<std::string> filenames;
    std::optional<std::string> repo_type;
    std::optional<std::string> revision;
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    std::optional<std::string> cache_dir;
    std::optional<std::string> local_dir;
    std::optional<double> etag_timeout;
    bool force = false;
    bool local_files_only = false;
    bool resume = false;
    std::optional<std::string> use_symlinks;
    bool quiet = false;
    bool json = false;
    std::size_t max_workers = 8;
};

/// The options of both methods that are called the same in both.
template <class Options>
Options with_common(Options options, const Arguments& a)
{
    options.repo_type = a.repo_type;
    options.revision = a.revision;
    options.cache_dir = a.cache_dir;
    options.local_dir = a.local_dir;
    options.force_download = a.force;
    options.etag_timeout = a.etag_timeout;
    options.local_files_only = a.local_files_only;
    if (a.resume) options.resume_download = true;
    // True and False are what the reference's command line takes; "auto" is its default.
    if (a.use_symlinks) {
        const bool known = *a.use_symlinks == "True" || *a.use_symlinks == "False";
        options.local_dir_use_symlinks = Json::parse(!known                      ? "\"auto\""
                                                     : *a.use_symlinks == "True" ? "true"
                                                                                 : "false");
    }
    return options;
}

std::optional<Strings> patterns(const std::vector<std::string>& texts)
{
    return texts.empty() ? std::nullopt : std::optional<Strings>(texts);
}

/// One name is one file; several are a snapshot of just these, as `hf download` has it.
asio::awaitable<std::filesystem::path> fetch(HfApi api, std::shared_ptr<const Arguments> a, ProgressSink sink)
{
    if (a->filenames.size() == 1) {
        auto options = with_common(HfHubDownloadOptions{}, *a);
        co_return co_await api.hf_hub_download(a->repo_id, a->filenames.front(), std::move(options),
                                               std::move(sink));
    }
    auto options = with_common(SnapshotDownloadOptions{}, *a);
    options.allow_patterns = patterns(a->filenames.empty() ? a->include : a->filenames);
    if (a->filenames.empty()) options.ignore_patterns = patterns(a->exclude);
    options.max_workers = a->max_workers;
    co_return co_await api.snapshot_download(a->repo_id, std::move(options), std::move(sink));
}

/// The cache has a folder of this name for each commit.
std::optional<std::string> commit_of(const std::filesystem::path& path)
{
    for (auto part = path.begin(); part != path.end(); ++part)
        if (*part == "snapshots" && std::next(part) != path.end()) return std::next(part)->string();
    return std::nullopt;
}

void print_path(const Arguments& a, const std::filesystem::path& path)
{
    if (!a.json) {
        fmt::print("{}\n", path.string());
        return;
    }
    const Downloaded result{.repo_id = a.repo_id,
                            .repo_type = a.repo_type.value_or("model"),
                            .commit_hash = a.local_dir ? std::nullopt : commit_of(path),
                            .path = path.string()};
    print_described(result, {}, {.json = true});
}

int download(const std::shared_ptr<const Arguments>& a)
{
    auto options = HubOptions::from_env();
    options.on_warning = [](const std::string& text) { fmt::print(stderr, "hfasync: warning: {}\n", text); };
    Hub hub(std::move(options));
    const bool silent = a->quiet || hub.options().disable_progress_bars;
    // The path goes to standard output, for scripts; all else to standard error.
    ProgressDisplay display(stderr, silent ? ProgressDisplay::Mode::off : ProgressDisplay::mode_for(stderr),
                            a->repo_id);
    const auto path =
        run_interruptible(hub, fetch(HfApi(hub), a, display.sink()), [&display] { display.tick(); });
    display.finish();
    if (!path) return interrupted("Run the same command again to go on from the bytes that are here.");
    print_path(*a, *path);
    return code(Exit::ok);
}

} // namespace

void add_download(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand("download", "Download files or a whole repo; prints where they are");
    const auto a = std::make_shared<Arguments>();
    command->add_option("repo_id", a->repo_id, "Repo, such as acme/tiny")->required();
    command->add_option("filenames", a->filenames, "Files of the repo (default: all)");
    command->add_option("--repo-type", a->repo_type, "Default: model")->type_name("{model,dataset,space}");
    command->add_option("--revision", a->revision, "Branch, tag, commit or refs/pr/N");
    command->add_option("--include", a->include, "Only files that match (glob; may be repeated)");
    command->add_option("--exclude", a->exclude, "Skip files that match (glob; may be repeated)");
    command->add_option("--cache-dir", a->cache_dir, "Cache to use in place of HF_HUB_CACHE");
    command->add_option("--local-dir", a->local_dir, "Plain folder to download into, in place of the cache");
    command->add_option("--max-workers", a->max_workers, "Files in flight")->check(CLI::Range(1, 256));
    command->add_option("--etag-timeout", a->etag_timeout, "Seconds to wait for a file's metadata")
        ->check(CLI::PositiveNumber);
    command->add_flag("--local-files-only", a->local_files_only, "No request; only what is here already");
    command->add_flag("--resume-download", a->resume, "Without effect: downloads always resume")->group("");
    command->add_option("--local-dir-use-symlinks", a->use_symlinks, "Without effect")
        ->check(CLI::IsMember({"auto", "True", "False"}))
        ->group("");
    command->add_flag("--force-download", a->force, "Download again what is already here");
    command->add_flag("--quiet", a->quiet, "No progress; only the path");
    command->add_flag("--json", a->json, "The path as JSON, with the repo and the commit");
    command->callback([&chosen, a] { chosen = [a] { return download(a); }; });
}

} // namespace hfasync::cli
