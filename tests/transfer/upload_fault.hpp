// What the tests of disturbed uploads share: moments at which something happens, and what must never happen.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "transfer/upload_fixture.hpp"

namespace hfasync::tests {

/// Real time and a distance that tests set.
class MovableClock final : public Clock {
public:
    Steady::time_point now() const override { return Clock::now() + ahead.load(); }
    Timestamp wall() const override { return Clock::wall(); }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        if (const auto left = when - now(); left.count() > 0) ahead = ahead.load() + left;
        co_return;
    }
    std::atomic<Steady::duration> ahead{};
};

/// What the server's thread does when it has recorded a request and not yet answered it.
class Moments {
public:
    void operator()(const emulator::SeenRequest& request)
    {
        std::function<void()> act;
        {
            const std::lock_guard lock(mutex_);
            if (!act_ || request.method != method_ || request.target.find(part_) == std::string::npos) return;
            if (skip_-- > 0) return;
            act = std::exchange(act_, {});
        }
        act();
    }
    /// Once, with the request of that method whose target contains `part`, after `skip` of them.
    void at(std::string method, std::string part, std::function<void()> act, int skip = 0)
    {
        const std::lock_guard lock(mutex_);
        method_ = std::move(method);
        part_ = std::move(part);
        act_ = std::move(act);
        skip_ = skip;
    }
    bool passed() const
    {
        const std::lock_guard lock(mutex_);
        return !act_;
    }

private:
    mutable std::mutex mutex_;
    std::string method_, part_;
    std::function<void()> act_;
    int skip_ = 0;
};

struct UploadFaults {
    static constexpr std::size_t regular = 5'000, whole = 200'000, in_parts = 1'700'000;
    static constexpr std::size_t parts = 4; // of 512 KiB, the last one shorter

    Moments moments;
    emulator::Emulator server{watched(small_parts(), moments)};
    std::shared_ptr<MovableClock> clock = std::make_shared<MovableClock>();
    Hub hub{client_options()};
    HfApi api{hub};
    TempFolder folder;
    const std::string repo = "acme/uploads";

    static emulator::Options watched(emulator::Options options, Moments& moments)
    {
        options.on_request = [&moments](const emulator::SeenRequest& request) { moments(request); };
        return options;
    }
    HubOptions client_options() const
    {
        HubOptions options;
        options.endpoint = server.endpoint();
        options.token = server.token();
        options.clock = clock;
        options.seed = 1;
        return options;
    }
    void setup()
    {
        hub.block_on(api.create_repo(repo, {}));
        server.forget_requests();
    }
    /// Of every test: what is never sent anywhere.
    void teardown()
    {
        for (const auto& request : server.requests()) {
            if (request.origin != "storage") continue;
            for (const auto& [name, value] : request.headers)
                BOOST_TEST(value.find(server.token()) == std::string::npos, request.target << ": " << name);
            BOOST_TEST(request.target.find(server.token()) == std::string::npos);
        }
    }

    static std::string content(std::size_t size, unsigned seed) { return UploadFixture::content(size, seed); }
    /// A file that is older than any change to come: the file system's clock has coarse ticks.
    std::filesystem::path write(const std::string& name, std::string_view text)
    {
        const auto path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() -
                                                   std::chrono::hours(1));
        return path;
    }
    static std::string entry(const std::string& text)
    {
        return text.size() >= (64u << 10) ? "lfs " + detail::sha256_hex(text)
                                          : "blob " + detail::git_blob_sha1(text);
    }
    static std::vector<CommitOperation> add(const std::string& name, UploadSource source)
    {
        return {CommitOperationAdd(name, std::move(source))};
    }
    static std::vector<CommitOperation> add(const std::string& name, const std::filesystem::path& file)
    {
        return add(name, UploadSource(file));
    }
    static std::vector<CommitOperation> add(const std::string& name, const std::string& text)
    {
        return add(name, UploadSource::bytes(text));
    }
    CommitInfo commit(std::vector<CommitOperation> operations, CreateCommitOptions options = {})
    {
        return hub.block_on(api.create_commit(repo, std::move(operations), "Add", std::move(options)));
    }

    /// Files of the repo by path, without .gitattributes: "lfs <sha256>" or "blob <git id>".
    std::map<std::string, std::string> listing()
    {
        std::map<std::string, std::string> files;
        const auto entries =
            hub.block_on(api.list_repo_tree(repo, ListRepoTreeOptions{.recursive = true}).collect());
        for (const auto& found : entries)
            if (const auto* file = std::get_if<RepoFile>(&found); file && file->path != ".gitattributes")
                files[file->path] = file->lfs ? "lfs " + file->lfs->sha256 : "blob " + file->blob_id;
        return files;
    }
    std::size_t commits_of_repo() { return hub.block_on(api.list_repo_commits(repo).collect()).size(); }
    std::string head() { return *hub.block_on(api.model_info(repo)).sha; }

    std::vector<emulator::SeenRequest> seen(std::string_view method, std::string_view part) const
    {
        auto all = server.requests();
        std::erase_if(all, [&](const auto& request) {
            return request.method != method || request.target.find(part) == std::string::npos;
        });
        return all;
    }
    std::size_t count(std::string_view method, std::string_view part) const
    {
        return seen(method, part).size();
    }
    std::size_t puts() const { return count("PUT", ""); }
    std::size_t commits() const { return count("POST", "/commit/"); }
    std::size_t batches() const { return count("POST", "/objects/batch"); }
    std::size_t completions() const { return count("POST", "/complete_multipart"); }
};

/// The error of a call that must fail, as E; the test fails when it does not.
template <class E, class Call>
E failure_of(Call&& call)
{
    try {
        call();
    } catch (const E& error) {
        return error;
    }
    throw std::runtime_error("the call did not fail");
}

} // namespace hfasync::tests
