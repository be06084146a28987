// `hfasync upload-large-folder`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/hfasync.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress_display.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

/// What --json prints.
struct LargeFolder {
    std::string repo_id;
    std::string repo_type;
    std::string folder;
    std::string url; ///< of the repo
};
HFASYNC_DESCRIBE(LargeFolder, repo_id, repo_type, folder, url)

namespace {

struct Arguments {
    std::string repo_id;
    std::string folder;
    std::string repo_type;
    std::optional<std::string> revision;
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    std::optional<std::size_t> num_workers;
    bool is_private = false;
    std::size_t report_every = 60;
    bool follow_links = false;
    bool no_report = false;
    bool no_bars = false;
    bool quiet = false;
    bool json = false;
};

std::string repo_page(const Hub& hub, const std::string& repo_id, const std::string& repo_type)
{
    return fmt::format("{}/{}{}", hub.options().endpoint, url_prefix(parse_repo_type(repo_type)), repo_id);
}

int upload_large_folder(const Arguments& a)
{
    auto hub_options = HubOptions::from_env();
    std::vector<std::string> warnings; // they must not tear a live display
    hub_options.on_warning = [&warnings](const std::string& text) { warnings.push_back(text); };
    Hub hub(std::move(hub_options));
    const bool silent = a.no_bars || a.quiet || hub.options().disable_progress_bars;
    const auto mode = silent ? ProgressDisplay::Mode::off : ProgressDisplay::mode_for(stderr);
    ProgressDisplay display(stderr, mode, a.repo_id);
    const auto filter = [](const std::vector<std::string>& texts) {
        return texts.empty() ? std::nullopt : std::optional<Strings>(texts);
    };
    const bool done = run_interruptible(
        hub,
        HfApi(hub).upload_large_folder(
            a.repo_id, a.folder, a.repo_type,
            {.revision = a.revision,
             .private_ = a.is_private ? std::optional(true) : std::nullopt,
             .allow_patterns = filter(a.include),
             .ignore_patterns = filter(a.exclude),
             .num_workers = a.num_workers,
             // A live display would be torn by the report's lines, and JSON, too.
             .print_report = !a.no_report && !a.quiet && !a.json && mode != ProgressDisplay::Mode::live,
             .print_report_every = a.report_every,
             .follow_links = a.follow_links},
            display.sink()),
        [&display] { display.tick(); });
    display.finish();
    for (const auto& text : warnings)
        fmt::print(stderr, "hfasync: {}\n", text);
    if (!done) return interrupted("Run the same command again: it resumes where it stopped.");
    const LargeFolder sent{.repo_id = a.repo_id,
                           .repo_type = a.repo_type,
                           .folder = a.folder,
                           .url = repo_page(hub, a.repo_id, a.repo_type)};
    if (a.json)
        print_described(sent, {}, {.json = true});
    else
        fmt::print("{}\n", sent.url);
    return code(Exit::ok);
}

} // namespace

void add_upload_large_folder(CLI::App& app, Command& chosen)
{
    auto* command =
        app.add_subcommand("upload-large-folder", "Upload a folder of any size, resumable, in many commits");
    const auto a = std::make_shared<Arguments>();
    command->add_option("repo_id", a->repo_id, "Repo, such as acme/tiny; created if it is missing")
        ->required();
    command->add_option("local_path", a->folder, "Folder to upload")->required();
    command->add_option("--repo-type", a->repo_type, "What kind of repo")
        ->type_name("{model,dataset,space}")
        ->required();
    command->add_option("--revision", a->revision, "Branch, or refs/pr/N");
    command->add_option("--include", a->include, "Only files that match (glob; may be repeated)");
    command->add_option("--exclude", a->exclude, "Skip files that match (glob; may be repeated)");
    command->add_option("--num-workers", a->num_workers, "Tasks at once")->check(CLI::Range(1, 256));
    command->add_flag("--private", a->is_private, "Make the repo private if it is created");
    command->add_option("--report-every", a->report_every, "Seconds between two reports (default: 60)")
        ->check(CLI::PositiveNumber);
    command->add_flag("--follow-links", a->follow_links,
                      "Also upload files outside the folder that links point to");
    command->add_flag("--no-report", a->no_report, "No report");
    command->add_flag("--no-bars", a->no_bars, "No progress display");
    command->add_flag("--quiet", a->quiet, "No progress and no report; only the repo's URL");
    command->add_flag("--json", a->json, "What was uploaded, and where to, as JSON");
    command->callback([&chosen, a] { chosen = [a] { return upload_large_folder(*a); }; });
}

} // namespace hfasync::cli
