// What a flow gets: the Hub's users as clients, a folder, and checks that are counted.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/hfasync.hpp>

#include "interop/flows/hfasync/show.hpp"

namespace hfasync::flows {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using Task = asio::awaitable<void>;
using Where = std::source_location;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A check that did not hold.
class Failed : public std::runtime_error {
public:
    Failed(std::string_view what, const Where& where);
};

/// What is known about an error.
struct Told : ErrorContext {
    std::string message;
};

/// Copies share. All clients run on one io_context, and have an empty cache each.
class Run {
public:
    Run(asio::io_context& context, std::string_view flow);

    /// A handle with other options than those that `ann` has.
    Hub hub(HubOptions options) const;
    /// What `ann` has: the environment's endpoint and token, `folder`/home, and no pause before a retry.
    HubOptions options() const;
    std::string endpoint() const { return options().endpoint; }

    void check(bool held, std::string_view what, const Where& where = Where::current()) const;
    template <class A, class B>
    void same(const A& got, const B& wanted, std::string_view what,
              const Where& where = Where::current()) const
    {
        if (!(got == wanted))
            throw Failed(std::string(what) + ": " + show(got) + ", not " + show(wanted), where);
        count();
    }
    /// The call ends with this type of error (and status): what is known about it.
    template <class E, class T>
    asio::awaitable<Told> raises(asio::awaitable<T> call, std::string what, int status = 0,
                                 Where where = Where::current()) const
    {
        const auto outcome = co_await as_result(std::move(call));
        if (outcome) throw Failed(what + ": no error", where);
        const Error* failure = outcome.failure();
        if (failure == nullptr) throw Failed(what + ": an error that is not of hfasync", where);
        if (dynamic_cast<const E*>(failure) == nullptr)
            throw Failed(what + ": " + std::string(failure->name()) + ": " + failure->message(), where);
        if (status != 0) same(failure->context().status, status, what, where);
        count();
        co_return Told{failure->context(), failure->message()};
    }
    /// Asks until the answer is true, for a minute at most.
    Task until(std::string what, std::function<asio::awaitable<bool>()> ask,
               Where where = Where::current()) const;

    /// Makes a repo of ann's that is deleted when the flow has ended, however it ended.
    asio::awaitable<std::string> make_repo(std::string repo_id, CreateRepoOptions options = {}) const;
    /// For a repo that the flow makes in another way.
    void delete_later(std::string repo_id, std::string repo_type = "model") const;
    Task clean_up() const;

    /// Adds a file to a repo of ann's.
    asio::awaitable<CommitInfo> put(std::string repo_id, std::string path, std::string content,
                                    UploadFileOptions options = {}) const;
    /// Adds several in one commit.
    asio::awaitable<CommitInfo> put_all(std::string repo_id, Pairs files,
                                        CreateCommitOptions options = {}) const;
    /// Downloads a file into ann's cache and reads it.
    asio::awaitable<std::string> get(std::string repo_id, std::string path,
                                     HfHubDownloadOptions options = {}) const;
    /// Sends a request that hfasync has no call for; its status.
    int post(std::string_view path, std::string_view token, std::string_view body) const;
    int remove(std::string_view path) const;
    /// Plays a fault: see the control route of `hfasync emulator`.
    void add_fault(std::string_view rule) const
    {
        check(post("/__emulator/faults", {}, rule) == 200, "add_fault");
    }

    std::size_t checks() const noexcept { return state_->checks; }

private:
    struct State {
        std::size_t checks = 0;
        std::vector<std::pair<std::string, std::string>> repos; ///< id and type
    };
    Run(asio::io_context& context, HubOptions options, fs::path folder);
    void count() const { ++state_->checks; }

    asio::io_context* context_;
    HubOptions options_;
    std::shared_ptr<State> state_;

public:
    fs::path folder; ///< the flow's own; goes with HF_HOME
    Hub ann_hub;
    HfApi ann, bob, nobody;
};

/// A flow of flows.json.
struct Flow {
    std::string_view name;
    Task (*play)(Run run);
};
using Flows = std::vector<Flow>;

Flows account_flows();
Flows repo_flows();
Flows ref_flows();
Flows commit_flows();
Flows upload_flows();
Flows download_flows();
Flows download_trouble_flows();
Flows file_flows();
Flows discussion_flows();
Flows collection_flows();
Flows access_flows();
Flows webhook_flows();
Flows space_flows();
Flows endpoint_flows();
Flows search_flows();
Flows error_flows();

// Files and their content.

/// `size` bytes that look random and are the same each time.
std::string noise(std::size_t size, unsigned seed = 1);
/// The same as text: above 1 MiB the Hub takes what is binary for LFS.
std::string letters(std::size_t size, unsigned seed = 1);
void write_file(const fs::path& path, std::string_view content);
std::string read_file(const fs::path& path);
/// Of all files below, without .cache; with slashes, sorted.
std::vector<std::string> files_below(const fs::path& folder);
std::string sha256_of(std::string_view content); ///< hex
/// The id that git gives a file of this content.
std::string blob_id_of(std::string_view content);

// Parts of answers.

template <class T>
std::vector<std::string> ids(const std::vector<T>& items)
{
    std::vector<std::string> out;
    for (const auto& item : items)
        out.push_back(item.id);
    return out;
}
template <class T>
bool has(const std::vector<T>& items, const T& item)
{
    return std::find(items.begin(), items.end(), item) != items.end();
}
inline bool has(const std::vector<std::string>& items, std::string_view item)
{
    return std::find(items.begin(), items.end(), item) != items.end();
}
std::vector<std::string> sorted(std::vector<std::string> items);
std::string path_of(const TreeEntry& entry);
std::vector<std::string> paths(const std::vector<TreeEntry>& entries);

} // namespace hfasync::flows
