// Repos mirrored to another Hub: one commit a source commit, once.
#include <boost/test/unit_test.hpp>

#include <atomic>

#include "fixture.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_hub)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct TwoHubs : MirrorFixture {
    explicit TwoHubs(emulator::Options of_target = {}) : other(std::move(of_target)) {}

    mirror::Config to_hub(const std::string& repos, const std::string& more = {},
                          const std::string& target = {})
    {
        const auto text =
            fmt::format("{{endpoint: '{}', token_env: TOKEN, work: work, {}}}", other.endpoint(), target);
        auto made = config(repos, more, text);
        std::get<mirror::HubTargetConfig>(made.target).hub.token = other.token();
        return made;
    }
    std::map<std::string, std::string> files(const std::string& repo, const std::string& revision = "main",
                                             const std::string& type = "model")
    {
        const auto folder = dir.path() / "look" / std::to_string(++looks);
        client.block_on(
            api.snapshot_download(repo, {.repo_type = type, .revision = revision, .local_dir = folder}));
        auto found = tree_of(folder);
        found.erase(".gitattributes");
        return found;
    }
    std::vector<GitCommitInfo> mirrored(const std::string& repo, const std::string& type = "model")
    {
        auto commits = client.block_on(api.list_repo_commits(repo, {.repo_type = type}).collect());
        std::erase_if(commits, [](const GitCommitInfo& one) {
            return (one.title + one.message).find("Mirrored-From: ") == std::string::npos;
        });
        return commits;
    }

    /// One commit of the source that gives these files this content.
    void change(const std::string& repo, const std::vector<std::string>& paths, const std::string& content)
    {
        Hub source({.endpoint = hub.endpoint(), .token = hub.token()});
        std::vector<CommitOperation> operations;
        for (const auto& path : paths)
            operations.emplace_back(CommitOperationAdd(path, UploadSource::bytes(content)));
        source.block_on(HfApi(source).create_commit(repo, std::move(operations), "change"));
    }

    emulator::Emulator other;
    Hub client{HubOptions{.endpoint = other.endpoint(), .token = other.token()}};
    HfApi api{client};
    int looks = 0;
};

const Contents tiny{
    {"config.json", "{}"}, {"model.safetensors", std::string(40'000, 'w')}, {"odd [1].txt", "one"}};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_commit_a_commit, TwoHubs)
{
    const auto first = hub.seed_repo("acme/tiny", tiny);
    BOOST_TEST((once(to_hub("[{model: acme/tiny}]")) == mirror::Counts{.done = 1}));
    BOOST_TEST((files("acme/tiny") == as_map(tiny)));
    auto commits = mirrored("acme/tiny");
    BOOST_REQUIRE(commits.size() == 1u);
    BOOST_TEST((commits[0].title + commits[0].message)
                       .find(fmt::format("Mirrored-From: {}/acme/tiny@{}", hub.endpoint(), first)) !=
                   std::string::npos,
               commits[0].message);
    BOOST_TEST(!fs::exists(dir.path() / "work/models/acme/tiny" / first)); // nothing stays behind
    // A change, a new file and one that goes are one commit; what has not changed is not transferred.
    commit("acme/tiny", "config.json", "{\"a\": 1}");
    commit("acme/tiny", "new.txt", "n");
    Hub source({.endpoint = hub.endpoint(), .token = hub.token()});
    source.block_on(HfApi(source).delete_file("odd [1].txt", "acme/tiny"));
    hub.forget_requests();
    once(to_hub("[{model: acme/tiny}]"));
    auto now = as_map(tiny);
    now["config.json"] = "{\"a\": 1}";
    now["new.txt"] = "n";
    now.erase("odd [1].txt");
    BOOST_TEST((files("acme/tiny") == now));
    BOOST_TEST(mirrored("acme/tiny").size() == 2u);
    BOOST_TEST(transfers().size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(types_branches_and_owners, TwoHubs)
{
    hub.seed_repo("bob/data", {{"train.csv", "1,2"}}, RepoType::dataset);
    hub.seed_repo("bob/demo", {{"app.py", "print()"}, {"README.md", "---\nsdk: gradio\n---\n"}},
                  RepoType::space);
    hub.seed_repo("bob/tiny", tiny);
    Hub source({.endpoint = hub.endpoint(), .token = hub.token()});
    const auto counts = once(to_hub("[{dataset: bob/data}, {space: bob/demo}, {model: bob/tiny}]", "",
                                    "owner: acme, private: true"));
    BOOST_TEST((counts == mirror::Counts{.done = 3}));
    BOOST_TEST(files("acme/data", "main", "dataset").at("train.csv") == "1,2");
    BOOST_TEST(files("acme/demo", "main", "space").at("app.py") == "print()");
    BOOST_TEST((files("acme/tiny") == as_map(tiny)));
    const auto info = client.block_on(api.model_info("acme/tiny"));
    BOOST_TEST(info.private_.value_or(false));
}

BOOST_FIXTURE_TEST_CASE(what_the_patterns_leave_out_moves_nothing, TwoHubs)
{
    hub.seed_repo("acme/tiny", {{"data/a.parquet", std::string(20'000, 'a')},
                                {"data/b.parquet", std::string(20'000, 'b')},
                                {"data/b.tmp", "t"},
                                {"README.md", "1"}});
    const std::string repos = "[{model: acme/tiny, files: ['*.parquet', 'data/'], exclude: '*.tmp'}]";
    once(to_hub(repos));
    BOOST_TEST(transfers().size() == 2u);
    BOOST_TEST(files("acme/tiny").size() == 2u);
    change("acme/tiny", {"README.md", "data/b.tmp"}, "2");
    hub.forget_requests();
    std::string page;
    once(to_hub(repos), &page);
    BOOST_TEST(page.find("\"unchanged\":1") != std::string::npos, page);
    BOOST_TEST(transfers().empty());
    BOOST_TEST(mirrored("acme/tiny").size() == 1u);
    change("acme/tiny", {"README.md", "data/b.parquet"}, "3");
    hub.forget_requests();
    once(to_hub(repos));
    BOOST_TEST(transfers().size() == 1u);
    BOOST_TEST(files("acme/tiny").at("data/b.parquet") == "3");
    BOOST_TEST(!files("acme/tiny").contains("README.md"));
    BOOST_TEST(mirrored("acme/tiny").size() == 2u);
    BOOST_TEST((!fs::exists(dir.path() / "work/.trash") || fs::is_empty(dir.path() / "work/.trash")));
}

BOOST_FIXTURE_TEST_CASE(many_changes_are_fetched_and_nothing_else, TwoHubs)
{
    Contents many{{"odd [1].txt", "1"}, {"odd 1.txt", "1"}};
    std::vector<std::string> names{"odd [1].txt"};
    for (int i = 0; i < 450; ++i)
        many.emplace_back(names.emplace_back(fmt::format("data/{:03}.txt", i)), "1");
    hub.seed_repo("acme/many", many);
    const std::string repos = "[{model: acme/many, exclude: none/}]";
    once(to_hub(repos));
    auto now = as_map(many);
    // Few of many, more than one download asks for by name; then most of them.
    for (const std::size_t count : {205u, 300u}) {
        const std::vector<std::string> changed(names.begin(), names.begin() + count);
        const auto content = std::to_string(count);
        change("acme/many", changed, content);
        for (const auto& name : changed)
            now[name] = content;
        hub.forget_requests();
        once(to_hub(repos));
        BOOST_TEST(transfers().size() == count);
    }
    BOOST_TEST((files("acme/many") == now));
    BOOST_TEST(mirrored("acme/many").size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_list_that_was_lost_makes_no_second_commit, TwoHubs)
{
    hub.seed_repo("acme/tiny", tiny);
    once(to_hub("[{model: acme/tiny}]"));
    for (const auto* part : {"list.db", "list.db-wal", "list.db-shm"})
        fs::remove(dir.path() / part);
    hub.forget_requests();
    std::string page;
    once(to_hub("[{model: acme/tiny}]"), &page);
    BOOST_TEST(page.find("\"unchanged\":1") != std::string::npos, page);
    BOOST_TEST(mirrored("acme/tiny").size() == 1u);
    BOOST_TEST(transfers().empty());
}

BOOST_FIXTURE_TEST_CASE(a_reply_that_is_lost_makes_no_second_commit, TwoHubs)
{
    hub.seed_repo("acme/tiny", tiny);
    other.add_fault({.method = "POST", .path = "*/commit/main", .action = emulator::FaultAction::lose_reply});
    BOOST_TEST((once(to_hub("[{model: acme/tiny}]", "retry: 10ms\n")) == mirror::Counts{.done = 1}));
    BOOST_TEST(mirrored("acme/tiny").size() == 1u);
    BOOST_TEST((files("acme/tiny") == as_map(tiny)));
}

BOOST_FIXTURE_TEST_CASE(the_same_job_twice_at_once_is_one_commit, TwoHubs)
{
    // As when a lease runs out under a process that is slow, not dead.
    const auto commit = hub.seed_repo("acme/tiny", tiny);
    asio::io_context context(1);
    const auto settings = to_hub("[{model: acme/tiny}]");
    auto how = std::get<mirror::HubTargetConfig>(settings.target);
    const Hub from(context, {.endpoint = hub.endpoint(), .token = hub.token()});
    const Hub to(context, {.endpoint = other.endpoint(), .token = other.token()});
    const auto one = mirror::make_hub_target(from, to, how, 4);
    how.work /= "of another machine";
    const auto two = mirror::make_hub_target(from, to, how, 4);
    mirror::Job job;
    job.repo_id = "acme/tiny";
    job.revision = "main";
    job.commit = commit;
    const auto always = []() -> asio::awaitable<void> { co_return; };
    auto first = asio::co_spawn(context, one->mirror(job, {}, always), asio::use_future);
    auto second = asio::co_spawn(context, two->mirror(job, {}, always), asio::use_future);
    context.run_for(long_enough);
    first.get();
    second.get();
    BOOST_TEST(mirrored("acme/tiny").size() == 1u);
    BOOST_TEST((files("acme/tiny") == as_map(tiny)));
}

BOOST_AUTO_TEST_CASE(a_branch_that_moves_under_the_commit)
{
    // Between the look at the branch and the commit, somebody else commits: the answer in between comes late.
    std::atomic<int> looks = 0;
    TwoHubs hubs({.on_request = [&](const emulator::SeenRequest& request) {
        looks += request.method == "POST" && request.target.find("/preupload/") != std::string::npos;
    }});
    hubs.hub.seed_repo("acme/tiny", tiny);
    hubs.client.block_on(hubs.api.create_repo("acme/tiny"));
    hubs.other.add_fault({.method = "POST",
                          .path = "*/preupload/main",
                          .action = emulator::FaultAction::delay,
                          .delay = std::chrono::seconds(3)});
    Running service(hubs.to_hub("[{model: acme/tiny}]", "every: 1h\n"));
    BOOST_REQUIRE(eventually([&] { return looks == 1; }));
    hubs.client.block_on(hubs.api.upload_file(UploadSource::bytes("mine"), "notes.txt", "acme/tiny"));
    BOOST_TEST(eventually([&] { return hubs.mirrored("acme/tiny").size() == 1u; }));
    service.stop();
    BOOST_TEST((hubs.files("acme/tiny") == as_map(tiny)));
    const auto commits = hubs.client.block_on(hubs.api.list_repo_commits("acme/tiny").collect());
    BOOST_REQUIRE(commits.size() >= 2u);
    BOOST_TEST(commits[1].title.find("notes.txt") != std::string::npos, commits[1].title);
}

BOOST_FIXTURE_TEST_CASE(other_peoples_commits_stay_in_the_history, TwoHubs)
{
    hub.seed_repo("acme/tiny", tiny);
    once(to_hub("[{model: acme/tiny}]"));
    client.block_on(api.upload_file(UploadSource::bytes("mine"), "notes.txt", "acme/tiny"));
    // Nothing new over there: nothing is done.
    once(to_hub("[{model: acme/tiny}]"));
    BOOST_TEST(files("acme/tiny").contains("notes.txt"));
    // Something new: the mirror is what the source is.
    commit("acme/tiny", "config.json", "2");
    once(to_hub("[{model: acme/tiny}]"));
    BOOST_TEST(!files("acme/tiny").contains("notes.txt"));
    BOOST_TEST(files("acme/tiny").at("config.json") == "2");
    BOOST_TEST(mirrored("acme/tiny").size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
