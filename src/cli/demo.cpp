#include "cli/demo.hpp"

#include <hfasync/hfasync.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "cli/compare_trees.hpp"
#include "cli/demo_tree.hpp"
#include "cli/emulator_process.hpp"
#include "cli/progress_display.hpp"

namespace hfasync::cli {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

const std::string repo_id = "acme/demo";

struct Counters {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> retries{0};
};

struct Phase {
    std::string name;
    std::uint64_t bytes = 0;
    double seconds = 0;
};

double since(Steady::time_point start)
{
    return std::chrono::duration<double>(Steady::now() - start).count();
}

/// Of this process alone: the embedded Hub runs in another.
double peak_memory_mib()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

HubOptions client_options(const EmulatorProcess& server, const fs::path& work, Counters& counters)
{
    HubOptions options;
    options.endpoint = server.endpoint;
    options.token = server.token;
    options.tls.ca_file = server.ca_file;
    options.library_name = "hfasync-demo";
    options.cache.home = work / "home";
    options.cache.hub_cache = work / "home" / "hub";
    options.on_request = [&counters](const RequestReport& report) {
        ++counters.requests;
        if (report.attempt > 0) ++counters.retries;
    };
    return options;
}

class Demo {
public:
    Demo(DemoOptions options, fs::path folder)
        : options_(std::move(options)), folder_(std::move(folder)), server_({"--tls"}),
          hub_(client_options(server_, options_.work, counters_)), api_(hub_)
    {
    }

    int run()
    {
        fmt::print("Embedded Hub at {} (TLS, throwaway CA), user {}\n", server_.endpoint, server_.user);
        tree_ = measure_tree(folder_);
        fmt::print("Uploading {} files, {} from {}\n", tree_.files,
                   format_bytes(static_cast<double>(tree_.bytes)), folder_.string());
        timed("upload_large_folder", tree_.bytes, [&](ProgressSink sink) {
            hub_.block_on(api_.upload_large_folder(
                repo_id, folder_, "model", {.print_report = false, .follow_links = true}, std::move(sink)));
        });
        list();
        fs::path snapshot;
        timed("snapshot_download (cache)", tree_.bytes, [&](ProgressSink sink) {
            snapshot = hub_.block_on(api_.snapshot_download(repo_id, {}, std::move(sink)));
        });
        const auto plain = options_.work / "plain";
        timed("snapshot_download (folder)", tree_.bytes, [&](ProgressSink sink) {
            // From a cache of its own, so that this is a download and not a copy.
            hub_.block_on(api_.snapshot_download(
                repo_id, {.cache_dir = options_.work / "other-cache", .local_dir = plain}, std::move(sink)));
        });
        const bool same = compare(snapshot) && compare(plain);
        summary(same);
        return same ? 0 : 1;
    }

private:
    template <class F>
    void timed(std::string name, std::uint64_t bytes, F f)
    {
        const auto mode = options_.quiet ? ProgressDisplay::Mode::off : ProgressDisplay::mode_for(stdout);
        ProgressDisplay display(stdout, mode, name);
        const auto start = Steady::now();
        f(display.sink());
        const double seconds = since(start);
        display.finish();
        fmt::print("{:<28} {:>8.2f} s  {:>8.1f} MB/s\n", name, seconds,
                   static_cast<double>(bytes) / 1e6 / seconds);
        std::fflush(stdout);
        phases_.push_back({std::move(name), bytes, seconds});
    }

    /// The repo through an async generator, page by page.
    void list()
    {
        const auto start = Steady::now();
        std::uint64_t files = 0;
        std::uint64_t bytes = 0;
        hub_.block_on(
            [](HfApi api, std::uint64_t* count, std::uint64_t* sum) -> boost::asio::awaitable<void> {
                auto tree = api.list_repo_tree(repo_id, {.recursive = true});
                while (auto entry = co_await tree.next()) {
                    if (const auto* file = std::get_if<RepoFile>(&*entry)) {
                        ++*count;
                        *sum += static_cast<std::uint64_t>(file->size);
                    }
                }
            }(api_, &files, &bytes));
        fmt::print("{:<28} {:>8.2f} s  {} files, {}\n", "list_repo_tree", since(start), files,
                   format_bytes(static_cast<double>(bytes)));
    }

    bool compare(const fs::path& downloaded)
    {
        // The Hub adds .gitattributes to every repo.
        const auto result = compare_trees(folder_, downloaded, {".gitattributes"});
        for (std::size_t i = 0; i < result.differences.size() && i < 10; ++i)
            fmt::print("  {}\n", result.differences[i]);
        fmt::print("{:<28} {} files, {} compared: {}\n", downloaded.filename().string().substr(0, 12),
                   result.files, format_bytes(static_cast<double>(result.bytes)),
                   result.differences.empty() ? "every byte matches"
                                              : fmt::format("{} DIFFERENCES", result.differences.size()));
        return result.differences.empty() && result.files == tree_.files;
    }

    void summary(bool same)
    {
        double seconds = 0;
        std::uint64_t bytes = 0;
        for (const auto& phase : phases_) {
            seconds += phase.seconds;
            bytes += phase.bytes;
        }
        fmt::print("\n{}: {} files, {} moved in {:.2f} s ({:.1f} MB/s), peak memory {:.1f} MiB, "
                   "{} requests, {} retries\n",
                   same ? "OK" : "FAILED", tree_.files, format_bytes(static_cast<double>(bytes)), seconds,
                   static_cast<double>(bytes) / 1e6 / seconds, peak_memory_mib(), counters_.requests.load(),
                   counters_.retries.load());
    }

    DemoOptions options_;
    fs::path folder_;
    Counters counters_;
    EmulatorProcess server_;
    Hub hub_;
    HfApi api_;
    DemoTree tree_{};
    std::vector<Phase> phases_;
};

} // namespace

int run_demo(const DemoOptions& options)
{
    if (options.folder && !fs::is_directory(*options.folder))
        throw NotADirectoryError(errc::os_error,
                                 options.folder->string() + " is not a folder: name one that exists");
    fs::create_directories(options.work);
    fs::path folder;
    if (options.folder) {
        folder = fs::canonical(*options.folder);
    } else {
        folder = fs::absolute(options.work / "tree");
        fmt::print("Making a tree of real files under {} ...\n", folder.string());
        make_demo_tree(folder);
        // Each run is a first upload: nothing is remembered of an earlier Hub.
        fs::remove_all(folder / ".cache");
    }
    for (const auto* name : {"home", "other-cache", "plain"})
        fs::remove_all(options.work / name);
    return Demo(options, folder).run();
}

} // namespace hfasync::cli
