// `hfasync cache scan|delete|verify`
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <hfasync/hfasync.hpp>
#include <hfasync/transfer/cache_tools.hpp>

#include "cli/cache_tables.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress_display.hpp"
#include "cli/run.hpp"
#include "describe/json.hpp"

namespace hfasync::cli {
namespace {

struct Arguments {
    std::optional<std::string> dir;
    bool json = false;
    // scan
    int verbose = 0;
    // delete
    std::vector<std::string> revisions;
    bool unreferenced = false;
    bool dry_run = false;
    bool yes = false;
    // delete and verify
    std::vector<std::string> repos;
    std::optional<std::string> repo_type;
    // verify
    bool delete_bad = false;
    bool quiet = false;
};
using ArgumentsPtr = std::shared_ptr<const Arguments>;

template <class T>
void print_json(const T& value)
{
    const auto text = boost::json::serialize(detail::encode(value, detail::Naming::documented));
    fmt::print("{}\n", text);
}

void print_warnings(const std::vector<std::string>& warnings)
{
    for (const auto& warning : warnings)
        fmt::print(stderr, "warning: {}\n", safe_text(warning));
}

/// A repo a line, or a revision.
void print_ids(const HFCacheInfo& info, bool revisions)
{
    for (const auto& repo : info.repos) {
        if (!revisions) fmt::print("{}\n", safe_text(repo.repo_id));
        for (const auto& revision : repo.revisions)
            if (revisions) fmt::print("{}\n", revision.commit_hash);
    }
}

// ---- scan -------------------------------------------------------------------------------------------------

int scan(const ArgumentsPtr& a)
{
    Hub hub(HubOptions::from_env());
    const auto info = run_interruptible(hub, scan_cache_dir(hub, {.cache_dir = a->dir}));
    if (!info) return interrupted("Nothing was changed.");
    if (a->json) {
        print_json(*info);
        return code(Exit::ok);
    }
    if (a->quiet) {
        print_ids(*info, a->verbose > 0);
        return code(Exit::ok);
    }
    const auto now = Clock().wall();
    fmt::print("{}\n", a->verbose == 0 ? repo_table(*info, now) : revision_table(*info, now));
    fmt::print("Scanned {} repo(s) for a total of {}.\n", info->repos.size(), short_size(info->size_on_disk));
    if (info->warnings.empty()) return code(Exit::ok);
    if (a->verbose >= 1)
        print_warnings(info->warnings);
    else
        fmt::print(stderr, "Got {} warning(s) while scanning. Use -v to print them.\n",
                   info->warnings.size());
    return code(Exit::ok);
}

// ---- delete -----------------------------------------------------------------------------------------------

constexpr std::size_t least_prefix = 7; // as git shows hashes

bool is_selected_repo(const Arguments& a, const CachedRepoInfo& repo)
{
    if (a.repo_type && to_string(repo.repo_type) != *a.repo_type) return false;
    return a.repos.empty() || std::ranges::find(a.repos, repo.repo_id) != a.repos.end();
}

/// The commits that a word of the command line means: a hash, the beginning of one, or a ref of the repos
/// that --repo names.
std::set<std::string> commits_of(const Arguments& a, const HFCacheInfo& info, const std::string& word)
{
    std::set<std::string> out;
    for (const auto& repo : info.repos)
        for (const auto& revision : repo.revisions) {
            const bool named = revision.commit_hash == word ||
                               (word.size() >= least_prefix && revision.commit_hash.starts_with(word));
            const bool ref =
                !a.repos.empty() && std::ranges::find(revision.refs, word) != revision.refs.end();
            if (named || ref) out.insert(revision.commit_hash);
        }
    return out;
}

/// What the command line selects, of the repos that it selects; `unknown` gets the words that mean nothing.
std::vector<std::string> selected_commits(const Arguments& a, const HFCacheInfo& info,
                                          std::vector<std::string>& unknown)
{
    std::set<std::string> out;
    for (const auto& word : a.revisions) {
        const auto commits = commits_of(a, info, word);
        if (commits.empty()) unknown.push_back(word);
        if (commits.size() > 1 && a.repos.empty())
            throw ValueError(fmt::format("{} matches several revisions; give more digits.", safe_text(word)));
        out.insert(commits.begin(), commits.end());
    }
    if (a.revisions.empty())
        for (const auto& repo : info.repos)
            for (const auto& revision : repo.revisions)
                if (!a.unreferenced || revision.refs.empty()) out.insert(revision.commit_hash);
    return {out.begin(), out.end()};
}

int carry_out(Hub& hub, const Arguments& a, DeleteCacheStrategy strategy)
{
    const auto done = run_interruptible(hub, execute(hub, std::move(strategy)));
    if (!done) return interrupted("What was deleted is gone; run the same command again for the rest.");
    if (a.json)
        print_json(*done);
    else if (a.quiet)
        for (const auto& path : done->deleted)
            fmt::print("{}\n", safe_text(path.string()));
    else
        fmt::print("Deleted {} path(s), {} freed.\n", done->deleted.size(),
                   format_bytes(static_cast<double>(done->freed_size)));
    for (const auto& why : done->kept)
        fmt::print(stderr, "kept: {}\n", safe_text(why));
    return code(Exit::ok);
}

int remove_revisions(const ArgumentsPtr& a)
{
    if (a->revisions.empty() && a->repos.empty() && !a->unreferenced)
        throw ValueError("Name the revisions to delete, or use --repo or --detached; `hfasync cache scan -v` "
                         "lists them.");
    Hub hub(HubOptions::from_env());
    auto info = run_interruptible(hub, scan_cache_dir(hub, {.cache_dir = a->dir}));
    if (!info) return interrupted("Nothing was deleted.");
    std::erase_if(info->repos, [&](const CachedRepoInfo& repo) { return !is_selected_repo(*a, repo); });
    for (const auto& repo : a->repos)
        if (std::ranges::find(info->repos, repo, &CachedRepoInfo::repo_id) == info->repos.end())
            throw ValueError(fmt::format("The cache has no repo {}; nothing was deleted.", safe_text(repo)));
    std::vector<std::string> unknown;
    auto strategy = info->delete_revisions(selected_commits(*a, *info, unknown));
    for (const auto& word : unknown)
        fmt::print(stderr, "hfasync: revision {} is not in the cache\n", safe_text(word));
    const bool nothing = strategy.revisions.empty();
    if (a->dry_run || nothing) {
        if (a->json)
            print_json(strategy);
        else
            fmt::print("{}\n", nothing ? "Nothing to delete." : plan_text(strategy));
        return code(unknown.empty() ? Exit::ok : Exit::failed);
    }
    if (!a->yes || !(a->json || a->quiet)) fmt::print(stderr, "{}\n", plan_text(strategy));
    if (!a->yes && !confirmed("Delete them?")) {
        fmt::print(stderr, "Nothing was deleted.\n");
        return code(Exit::ok);
    }
    const int status = carry_out(hub, *a, std::move(strategy));
    return unknown.empty() ? status : std::max(status, code(Exit::failed));
}

// ---- verify -----------------------------------------------------------------------------------------------

int verify(const ArgumentsPtr& a)
{
    Hub hub(HubOptions::from_env());
    const bool silent = a->quiet || hub.options().disable_progress_bars;
    ProgressDisplay display(stderr, silent ? ProgressDisplay::Mode::off : ProgressDisplay::mode_for(stderr),
                            "cache");
    const auto result = run_interruptible(
        hub,
        verify_cache(
            hub,
            {.cache_dir = a->dir, .repos = a->repos, .repo_type = a->repo_type, .delete_bad = a->delete_bad},
            display.sink()),
        [&display] { display.tick(); });
    display.finish();
    if (!result) return interrupted("Nothing more is deleted; run the same command again.");
    if (a->json) {
        print_json(*result);
    } else {
        for (const auto& file : result->files)
            if (a->verbose > 0 || file.state == CacheFileState::mismatch ||
                file.state == CacheFileState::missing)
                fmt::print("{}\n", verified_line(file));
        fmt::print("{} ok, {} mismatch, {} missing, {} unknown; {} hashed.\n",
                   result->count(CacheFileState::ok), result->count(CacheFileState::mismatch),
                   result->count(CacheFileState::missing), result->count(CacheFileState::unknown),
                   format_bytes(static_cast<double>(result->hashed_bytes)));
    }
    print_warnings(result->warnings);
    return code(result->good() ? Exit::ok : Exit::failed);
}

void add_common(CLI::App& command, const std::shared_ptr<Arguments>& a)
{
    command.add_option("--dir", a->dir, "Cache to use in place of HF_HUB_CACHE");
    command.add_flag("--json", a->json, "The whole result as JSON");
}

void run_with(CLI::App& command, Command& chosen, const std::shared_ptr<Arguments>& a,
              int (*body)(const ArgumentsPtr&))
{
    command.callback([&chosen, a, body] { chosen = [a, body] { return body(a); }; });
}

} // namespace

void add_cache(CLI::App& app, Command& chosen)
{
    auto* cache = app.add_subcommand("cache", "What the cache holds: scan, delete, verify");
    cache->require_subcommand(1);
    const auto repo_types = CLI::IsMember({"model", "dataset", "space"});
    {
        const auto a = std::make_shared<Arguments>();
        auto* command = cache->add_subcommand("scan", "List the repos (or revisions) and their sizes");
        add_common(*command, a);
        command->add_flag("-v,--verbose", a->verbose, "One line per revision, and the warnings");
        command->add_flag("-q,--quiet", a->quiet, "Ids of the repos only; with -v the commits");
        run_with(*command, chosen, a, scan);
    }
    {
        const auto a = std::make_shared<Arguments>();
        auto* command = cache->add_subcommand("delete", "Delete revisions, after asking");
        add_common(*command, a);
        command->add_option("revisions", a->revisions,
                            "Commit hashes or their first 7 digits; with --repo also refs");
        command->add_option("--repo", a->repos, "Of this repo only; all of its revisions when none is named")
            ->allow_extra_args(false);
        command->add_option("--repo-type", a->repo_type, "model, dataset or space")->check(repo_types);
        command->add_flag("--detached", a->unreferenced, "All revisions that no ref points to");
        command->add_flag("--dry-run", a->dry_run, "Say what would go; delete nothing");
        command->add_flag("-y,--yes", a->yes, "Do not ask");
        command->add_flag("-q,--quiet", a->quiet, "Only the paths that were deleted");
        run_with(*command, chosen, a, remove_revisions);
    }
    {
        const auto a = std::make_shared<Arguments>();
        auto* command =
            cache->add_subcommand("verify", "Hash what is there; exit status 1 when something is wrong");
        add_common(*command, a);
        command->add_option("repos", a->repos, "Repos such as acme/tiny (default: all)");
        command->add_option("--repo-type", a->repo_type, "model, dataset or space")->check(repo_types);
        command->add_flag("--delete-bad", a->delete_bad,
                          "Delete what does not match, and links that lead nowhere");
        command->add_flag("-v,--verbose", a->verbose, "A line for every file");
        command->add_flag("-q,--quiet", a->quiet, "No progress");
        run_with(*command, chosen, a, verify);
    }
}

} // namespace hfasync::cli
