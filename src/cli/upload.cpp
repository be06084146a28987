// `hfasync upload`
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
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
namespace {

namespace asio = boost::asio;

struct Arguments {
    std::string repo_id;
    std::string local_path = ".";
    std::optional<std::string> path_in_repo;
    std::optional<std::string> repo_type;
    std::optional<std::string> revision;
    std::optional<std::string> commit_message;
    std::optional<std::string> commit_description;
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    std::vector<std::string> remove;
    bool follow_links = false;
    bool create_pr = false;
    bool is_private = false;
    bool quiet = false;
    bool json = false;
};

std::optional<Strings> patterns(const std::vector<std::string>& texts)
{
    return texts.empty() ? std::nullopt : std::optional<Strings>(texts);
}

std::string path_of_file(const Arguments& a)
{
    return a.path_in_repo.value_or(std::filesystem::path(a.local_path).filename().string());
}

asio::awaitable<CommitInfo> send_file(HfApi api, std::shared_ptr<const Arguments> a, ProgressSink sink)
{
    co_return co_await api.upload_file(std::filesystem::path(a->local_path), path_of_file(*a), a->repo_id,
                                       {.repo_type = a->repo_type,
                                        .revision = a->revision,
                                        .commit_message = a->commit_message,
                                        .commit_description = a->commit_description,
                                        .create_pr = a->create_pr ? std::optional(true) : std::nullopt},
                                       std::move(sink));
}

asio::awaitable<CommitInfo> send_folder(HfApi api, std::shared_ptr<const Arguments> a, ProgressSink sink)
{
    co_return co_await api.upload_folder(a->repo_id, a->local_path,
                                         {.path_in_repo = a->path_in_repo,
                                          .commit_message = a->commit_message,
                                          .commit_description = a->commit_description,
                                          .repo_type = a->repo_type,
                                          .revision = a->revision,
                                          .create_pr = a->create_pr ? std::optional(true) : std::nullopt,
                                          .allow_patterns = patterns(a->include),
                                          .ignore_patterns = patterns(a->exclude),
                                          .delete_patterns = patterns(a->remove),
                                          .follow_links = a->follow_links},
                                         std::move(sink));
}

/// As `hf upload` does: the repo is created if it is missing.
asio::awaitable<CommitInfo> send(HfApi api, std::shared_ptr<const Arguments> a, ProgressSink sink)
{
    if (!co_await api.repo_exists(a->repo_id, {.repo_type = a->repo_type}))
        co_await api.create_repo(a->repo_id, {.private_ = a->is_private ? std::optional(true) : std::nullopt,
                                              .repo_type = a->repo_type,
                                              .exist_ok = true});
    if (std::filesystem::is_directory(a->local_path)) co_return co_await send_folder(api, a, std::move(sink));
    co_return co_await send_file(api, a, std::move(sink));
}

int upload(const std::shared_ptr<const Arguments>& a)
{
    if (!std::filesystem::exists(a->local_path))
        throw FileNotFoundError(errc::os_error,
                                a->local_path + " does not exist: name a file or a folder to upload.");
    // Refuses a path that cannot be, before a repo is made for it.
    if (!std::filesystem::is_directory(a->local_path))
        CommitOperationAdd(path_of_file(*a), std::filesystem::path(a->local_path));
    auto hub_options = HubOptions::from_env();
    std::vector<std::string> warnings; // they must not tear a live display
    hub_options.on_warning = [&warnings](const std::string& text) { warnings.push_back(text); };
    Hub hub(std::move(hub_options));
    const bool silent = a->quiet || hub.options().disable_progress_bars;
    ProgressDisplay display(stderr, silent ? ProgressDisplay::Mode::off : ProgressDisplay::mode_for(stderr),
                            a->repo_id);
    const auto commit =
        run_interruptible(hub, send(HfApi(hub), a, display.sink()), [&display] { display.tick(); });
    display.finish();
    for (const auto& text : warnings)
        fmt::print(stderr, "hfasync: {}\n", text);
    if (!commit)
        return interrupted(
            "Nothing was committed; run the same command again (what the Hub has is not sent again).");
    if (a->json)
        print_described(*commit, {}, {.json = true});
    else
        fmt::print("{}\n", commit->pr_url.value_or(commit->commit_url));
    return code(Exit::ok);
}

} // namespace

void add_upload(CLI::App& app, Command& chosen)
{
    auto* command =
        app.add_subcommand("upload", "Upload a file or a folder in one commit; prints the commit's URL");
    const auto a = std::make_shared<Arguments>();
    command->add_option("repo_id", a->repo_id, "Repo, such as acme/tiny; created if it is missing")
        ->required();
    command->add_option("local_path", a->local_path, "File or folder (default: the current folder)");
    command->add_option("path_in_repo", a->path_in_repo, "Where in the repo (default: its root)");
    command->add_option("--repo-type", a->repo_type, "Default: model")->type_name("{model,dataset,space}");
    command->add_option("--revision", a->revision, "Branch, or refs/pr/N");
    command->add_option("--include", a->include, "Only files that match (glob; may be repeated)");
    command->add_option("--exclude", a->exclude, "Skip files that match (glob; may be repeated)");
    command->add_option("--delete", a->remove, "Delete files of the repo that match (glob; may be repeated)");
    command->add_option("--commit-message", a->commit_message, "First line of the commit");
    command->add_option("--commit-description", a->commit_description, "The rest of it");
    command->add_flag("--follow-links", a->follow_links,
                      "Also upload files outside the folder that links point to");
    command->add_flag("--create-pr", a->create_pr, "Open a Pull Request");
    command->add_flag("--private", a->is_private, "Make the repo private if it is created");
    command->add_flag("--quiet", a->quiet, "No progress; only the URL");
    command->add_flag("--json", a->json, "The commit as JSON");
    command->callback([&chosen, a] { chosen = [a] { return upload(a); }; });
}

} // namespace hfasync::cli
