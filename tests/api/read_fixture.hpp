// Our client against the embedded Hub: the same calls by a member, by a stranger and by nobody.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

namespace hfasync::tests {

using Texts = std::vector<std::string>;
using Files = std::vector<std::pair<std::string, std::string>>;

inline emulator::Options read_options()
{
    emulator::Options options;
    options.page_size = 2; // every listing goes over pages
    options.lfs_threshold = 1000;
    emulator::Account ann{.name = "ann", .full_name = "Ann \xe5\xae\x89"};
    ann.tokens = {{.token = "hf_ann"}};
    ann.memberships = {{.organization = "acme"}};
    ann.following = {"bob"};
    ann.details = "ML & more";
    emulator::Account bob{.name = "bob", .is_pro = true};
    bob.tokens = {{.token = "hf_bob"}};
    bob.following = {"ann"};
    emulator::Account eve{.name = "eve"};
    eve.tokens = {{.token = "hf_eve"}};
    eve.following = {"ann"};
    emulator::Account zoe{.name = "zoe"};
    zoe.following = {"ann"};
    options.accounts = {
        ann, bob, eve, zoe, {.name = "acme", .full_name = "Acme, Inc.", .is_organization = true}};
    options.papers = {{.id = "2407.21783",
                       .title = "The Herd of Models",
                       .summary = "Gr\xc3\xb6\xc3\x9f"
                                  "e & #1",
                       .authors = {{.name = "Ann", .user = "ann"}, {.name = "Li \xe6\x9d\x8e"}},
                       .published_at = std::chrono::sys_days(std::chrono::year(2024) / 7 / 31),
                       .submitted_at = std::chrono::sys_days(std::chrono::year(2024) / 8 / 1),
                       .submitted_by = "bob",
                       .upvotes = 107,
                       .comments = {"Nice"}},
                      {.id = "hep-th/9711200", .title = "Old"}};
    return options;
}

struct ReadFixture {
    ReadFixture() : emulator(with_clock(read_options())) {}

    emulator::Options with_clock(emulator::Options options)
    {
        options.clock = [this] {
            return std::chrono::system_clock::time_point(std::chrono::seconds(now.load()));
        };
        return options;
    }
    HubOptions as(Token token) const
    {
        return {.endpoint = emulator.endpoint(), .token = std::move(token), .retry = {.max_retries = 0}};
    }

    std::atomic<long> now{1'700'000'000};
    emulator::Emulator emulator;
    Hub hub{as(Token("hf_ann"))};
    HfApi ann{hub};
    // On one io_context, so that one block_on() runs them all.
    HfApi bob{Hub(hub.executor(), as(Token("hf_bob")))};
    HfApi nobody{Hub(hub.executor(), as(Token(false)))};

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    /// A repo whose README has this metadata.
    std::string seed(const std::string& id, const std::string& metadata, RepoType type = RepoType::model,
                     Files files = {})
    {
        now += 10;
        files.emplace_back("README.md", "---\n" + metadata + "\n---\n# Title\n");
        return emulator.seed_repo(id, files, type);
    }
    template <class T>
    Texts ids(AsyncGenerator<T> listing)
    {
        Texts out;
        for (const auto& item : wait(listing.collect()))
            out.push_back(item.id);
        return out;
    }
    Texts names(AsyncGenerator<User> listing)
    {
        Texts out;
        for (const auto& user : wait(listing.collect()))
            out.push_back(user.username);
        return out;
    }
};

} // namespace hfasync::tests
