// A store in a temporary folder with a clock that stands still until a test moves it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <hfasync/time.hpp>

#include "emulator/store/errors.hpp"
#include "emulator/store/store.hpp"
#include "support/temp_folder.hpp"

namespace hfasync::tests {

namespace store = emulator::store;

struct StoreFixture {
    TempFolder folder;
    Timestamp now = *parse_timestamp("2024-03-21T09:05:27.250Z");
    std::unique_ptr<store::Store> hub = open();

    std::unique_ptr<store::Store> open()
    {
        return std::make_unique<store::Store>(store::StoreOptions{
            .data = folder.path() / "data", .accounts = {}, .clock = [this] { return now; }});
    }
    void restart()
    {
        hub.reset();
        hub = open();
    }
    std::shared_ptr<store::Repo> make(std::string_view id = "acme/tiny", RepoType type = RepoType::model)
    {
        return hub->create_repo({.type = type, .id = std::string(id)});
    }
    store::AddBlob add(std::string path, std::string_view content)
    {
        return {std::move(path), hub->objects().put_blob(content), content.size()};
    }
    store::AddLfs add_lfs(std::string path, std::string_view content)
    {
        return {std::move(path), hub->objects().put_lfs(content), content.size()};
    }
    /// A commit a second later.
    store::CommitRequest request(std::string title, std::vector<store::Operation> operations)
    {
        now += std::chrono::seconds(1);
        return {.author = "hfasync",
                .email = "hfasync@localhost",
                .title = std::move(title),
                .operations = std::move(operations)};
    }
    store::CommitOutcome commit(store::Repo& repo, std::string title,
                                std::vector<store::Operation> operations)
    {
        return repo.commit(request(std::move(title), std::move(operations)));
    }
};

/// Paths of every file of a revision.
inline std::vector<std::string> files_of(const store::Repo& repo, std::string_view revision = "main")
{
    std::vector<std::string> out;
    repo.for_each_file(repo.resolve(revision), [&](const std::string& path, const store::TreeEntry&) {
        out.push_back(path);
        return true;
    });
    return out;
}

/// For BOOST_CHECK_EXCEPTION.
inline auto refused(int status, std::string code = {})
{
    return [status, code = std::move(code)](const store::StoreError& error) {
        BOOST_TEST(error.status() == status, error.what());
        BOOST_TEST(error.code() == code, error.what());
        return error.status() == status && error.code() == code;
    };
}

} // namespace hfasync::tests
