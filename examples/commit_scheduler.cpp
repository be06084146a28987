// Pushes what a program logs to a dataset every few minutes, and once more at its end.
//
//     hfasync emulator -- ./example_commit_scheduler FOLDER
#include <hfasync/hfasync.hpp>
#include <hfasync/transfer/commit_scheduler.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

using namespace hfasync;
namespace asio = boost::asio;

// Writers that leave a line half-written for a while hold the lock meanwhile.
asio::awaitable<void> write_logs(CommitScheduler scheduler, std::filesystem::path file)
{
    for (int i = 0; i < 3; ++i) {
        const auto lock = co_await scheduler.lock();
        std::ofstream(file, std::ios::app) << "line " << i << '\n';
    }
}

asio::awaitable<void> log_and_push(Hub hub, std::filesystem::path folder)
{
    const CommitScheduler scheduler(
        hub, "acme/logs", folder, {.every = 10, .repo_type = "dataset", .allow_patterns = Strings("*.log")},
        {.on_push = [](const PushReport& report) {
            if (report.commit) std::cout << report.files << " files: " << report.commit->commit_url << '\n';
        }});
    co_await scheduler.run_while(write_logs(scheduler, folder / "app.log"));
}

// In place of the default: what is new goes into one file, and that is pushed.
asio::awaitable<std::optional<CommitInfo>> pack_and_push(CommitScheduler scheduler)
{
    {
        const auto lock = co_await scheduler.lock(); // nobody writes now
        std::ofstream packed(scheduler.folder_path() / "all.txt", std::ios::app);
        for (const auto& entry : std::filesystem::directory_iterator(scheduler.folder_path()))
            if (entry.path().extension() == ".log") {
                packed << std::ifstream(entry.path()).rdbuf();
                std::filesystem::remove(entry.path());
            }
    }
    co_return co_await scheduler.push_folder();
}

asio::awaitable<void> push_packed(Hub hub, std::filesystem::path folder)
{
    const CommitScheduler scheduler(hub, "acme/packed", folder, {.allow_patterns = Strings("all.txt")},
                                    {.push_to_hub = pack_and_push});
    if (const auto commit = co_await scheduler.trigger()) std::cout << commit->commit_url << '\n';
    co_await scheduler.stop(std::chrono::seconds(10));
}

int main(int argc, char** argv)
{
    const auto folder = std::filesystem::path(argc > 1 ? argv[1] : ".") / "logs";
    std::filesystem::create_directories(folder);
    try {
        Hub hub(HubOptions::from_env());
        hub.block_on(log_and_push(hub, folder));
        hub.block_on(push_packed(hub, folder));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
