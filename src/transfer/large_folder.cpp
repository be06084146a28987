#include "transfer/large_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include <hfasync/api/repos.hpp>

#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "transfer/large_folder_state.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t failures_named = 20;

/// Makes the repo when it is missing; returns its full id. A Space that exists needs no SDK to be named.
asio::awaitable<std::string> ensure_repo(Hub hub, RepoRef repo, std::optional<bool> is_private)
{
    if (repo.type == RepoType::space) {
        bool exists = true;
        try {
            co_await repo_head(hub.state(), repo, std::nullopt);
        } catch (const RepositoryNotFoundError&) {
            exists = false;
        }
        if (exists) co_return repo.id;
    }
    CreateRepoOptions options{
        .private_ = is_private, .repo_type = std::string(to_string(repo.type)), .exist_ok = true};
    const auto url = co_await ReposApi(hub).create_repo(repo.id, std::move(options));
    co_return url.repo_id;
}

asio::awaitable<std::optional<std::string>> read_gitignore(LargeUploadPtr upload)
{
    const auto found = std::find_if(upload->files.begin(), upload->files.end(),
                                    [](const LargeFile& file) { return file.path == ".gitignore"; });
    if (found == upload->files.end()) co_return std::nullopt;
    constexpr std::size_t most = 1u << 20;
    auto text = co_await read_text(upload->target.hub, addition_of(*upload, *found), most);
    if (!is_valid_utf8(text)) throw ValueError("'.gitignore' is not UTF-8 text");
    co_return text;
}

std::string report_text(const LargeUpload& upload, std::chrono::steady_clock::duration elapsed)
{
    const auto megabytes = [](std::uint64_t n) { return static_cast<double>(n) / 1e6; };
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
    return fmt::format(
        "{}:{:02}:{:02} committed {}/{} files ({:.1f}/{:.1f} MB) in {} commits | hashed {:.1f} MB | LFS "
        "sent {:.1f} MB",
        seconds / 3600, seconds / 60 % 60, seconds % 60, upload.files_done.load(), upload.files.size(),
        megabytes(upload.bytes_done), megabytes(upload.bytes_total), upload.commits.load(),
        megabytes(upload.bytes_hashed), megabytes(upload.bytes_sent));
}

void print_line(const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

ProgressEvent total_event(const LargeUpload& upload, ProgressKind kind)
{
    return {.kind = kind,
            .phase = ProgressPhase::total,
            .done = upload.bytes_done,
            .total = upload.bytes_total,
            .items_done = upload.files_done,
            .items_total = upload.files.size()};
}

/// Prints until it is cancelled.
asio::awaitable<void> report(LargeUploadPtr upload, std::chrono::seconds every)
{
    const auto& clock = *upload->target.hub->clock;
    const auto began = clock.now();
    for (auto next = began + every;; next += every) {
        co_await upload->target.hub->clock->sleep_until(next);
        print_line(report_text(*upload, clock.now() - began));
    }
}

/// The graph, and beside it the report, which ends with it.
asio::awaitable<std::vector<TaskGraph::Failed>> run(LargeUploadPtr upload, TaskGraph* graph,
                                                    UploadLargeFolderOptions options)
{
    std::vector<TaskGraph::Failed> failed;
    if (!options.print_report) co_return co_await graph->run();
    const std::chrono::seconds every(std::max<std::size_t>(options.print_report_every, 1));
    co_await run_group([&](TaskGroup& group) -> asio::awaitable<void> {
        group.spawn(
            [](TaskGraph* g, std::vector<TaskGraph::Failed>* out, TaskGroup* all) -> asio::awaitable<void> {
                *out = co_await g->run();
                all->cancel();
            }(graph, &failed, &group));
        group.spawn(report(upload, every));
        co_return;
    });
    co_return failed;
}

/// The error that ends a run: what failed, file by file, and the first cause's context.
[[noreturn]] void throw_failed(const LargeUpload& upload, const std::vector<TaskGraph::Failed>& failed,
                               bool stopped)
{
    std::string text =
        fmt::format("{} of {} files could not be uploaded{}; what is done is kept, run the upload again "
                    "to go on:",
                    failed.size(), upload.files.size(), stopped ? " and the rest was given up" : "");
    ErrorContext context;
    for (std::size_t i = 0; i < failed.size(); ++i) {
        std::string why;
        try {
            std::rethrow_exception(failed[i].error);
        } catch (const Error& e) {
            why = e.message();
            if (i == 0) context = e.context();
        } catch (const std::exception& e) {
            why = e.what();
        }
        if (i < failures_named) text += "\n'" + printable(upload.files[failed[i].item].path) + "': " + why;
    }
    if (failed.size() > failures_named)
        text += fmt::format("\n... and {} more", failed.size() - failures_named);
    throw RuntimeError(errc::runtime, text, std::move(context));
}

/// Three answers of the server that say the same end the run; a request that fails counts once, however many
/// files it was for. Local failures say nothing about the next file.
class FailureKey {
public:
    std::string operator()(const std::exception_ptr& failure)
    {
        if (failure == last_) return {};
        last_ = failure;
        try {
            std::rethrow_exception(failure);
        } catch (const HubError& e) {
            const auto& context = e.context();
            return fmt::format("{} {} {}", static_cast<int>(e.code()), context.status,
                               context.server_message);
        } catch (...) {
            return {};
        }
    }

private:
    std::exception_ptr last_;
};

TaskGraph::Options graph_options(const LargeUploadPtr& upload, const UploadLargeFolderOptions& options)
{
    const auto& hub = *upload->target.hub;
    // What the documentation promises; cheap to raise, because these are coroutines.
    const auto processors = std::max(std::thread::hardware_concurrency(), 4u);
    TaskGraph::Options graph{.workers = options.num_workers.value_or(processors - 2)};
    graph.max_attempts = std::clamp(hub.options.retry.max_retries + 1, 1, graph.max_attempts);
    graph.retry_base = hub.options.retry.base;
    graph.clock = hub.clock;
    graph.failure_key = FailureKey();
    if (hub.options.seed != 0) graph.seed = hub.options.seed;
    graph.on_change = [upload, last = std::make_shared<std::chrono::steady_clock::time_point>()](
                          const SchedulerSnapshot& now) {
        constexpr std::chrono::milliseconds between_events{50};
        if (!upload->progress || now.now - *last < between_events) return;
        *last = now.now;
        send_event(upload->progress, total_event(*upload, ProgressKind::advanced));
    };
    return graph;
}

} // namespace

asio::awaitable<void> upload_large_folder(Hub hub, std::string repo_id, std::filesystem::path folder,
                                          std::string repo_type, UploadLargeFolderOptions options,
                                          ProgressSink progress)
{
    const auto type = parse_repo_type(repo_type);
    validate_repo_id(repo_id);
    if (options.num_workers == 0) throw ValueError("num_workers must be at least 1");
    std::error_code ec;
    if (!std::filesystem::is_directory(folder, ec))
        throw ValueError("Provided path: '" + std::filesystem::absolute(folder).string() +
                             "' is not a directory",
                         {.path = folder.string()});
    const auto upload = std::make_shared<LargeUpload>();
    upload->folder = std::filesystem::absolute(folder);
    upload->progress = ItemProgress::share(std::move(progress));
    upload->target = {.hub = hub.state(),
                      .repo = {.type = type, .id = std::move(repo_id), .token = {}},
                      .revision = options.revision.value_or("main")};
    upload->target.repo.id = co_await ensure_repo(hub, upload->target.repo, options.private_);
    co_await load_files(upload, {.folder = upload->folder,
                                 .filter = upload_filter(options.allow_patterns, options.ignore_patterns),
                                 .follow_links = options.follow_links});
    upload->gitignore = co_await read_gitignore(upload);

    send_event(upload->progress, total_event(*upload, ProgressKind::started));
    TaskGraph graph(large_folder_work(upload), large_folder_scheduler(), graph_options(upload, options));
    for (std::size_t item = 0; item < upload->files.size(); ++item) {
        if (const auto node = first_node(upload->files[item]))
            graph.add(*node, item);
        else
            count_done(*upload, upload->files[item]);
    }
    std::vector<TaskGraph::Failed> failed;
    std::exception_ptr error;
    const auto began = hub.state()->clock->now();
    try {
        failed = co_await run(upload, &graph, options);
    } catch (...) {
        error = std::current_exception();
    }
    const bool good = !error && failed.empty();
    if (!good) co_await save_the_rest(upload);
    send_event(upload->progress, total_event(*upload, good ? ProgressKind::finished : ProgressKind::failed));
    if (error) std::rethrow_exception(error);
    if (options.print_report) print_line(report_text(*upload, hub.state()->clock->now() - began));
    if (!failed.empty()) throw_failed(*upload, failed, graph.stopped());
}

} // namespace hfasync::detail
