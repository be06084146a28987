// What a push of CommitScheduler takes along, and when the pushes are.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "transfer/commit_scheduler_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(transfer_commit_scheduler, SchedulerFixture)

BOOST_AUTO_TEST_CASE(arguments_that_cannot_be_used_are_refused_before_any_request)
{
    for (const double every : {0.0, -1.0, 1e12, std::nan(""), std::numeric_limits<double>::infinity()})
        BOOST_CHECK_THROW(make({.every = every}), ValueError);
    BOOST_CHECK_THROW(make({.repo_type = "modell"}), ValueError);
    BOOST_CHECK_THROW(CommitScheduler(hub, "bad id", folder.path()), HFValidationError);
    const CommitScheduler of_file(hub, repo, write("file", "x"));
    BOOST_CHECK_THROW(wait(of_file.run()), ValueError);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(the_first_push_is_at_once_and_makes_repo_and_folder)
{
    CommitScheduler scheduler(hub, repo, folder.path() / "not/yet", {.private_ = true});
    auto run = start(scheduler.run());
    drive_until_asleep();
    BOOST_TEST(fs::is_directory(folder.path() / "not/yet"));
    BOOST_TEST(wait(api.model_info(repo)).private_.value_or(false));
    BOOST_TEST(seen("POST", "/commit/") == 0u); // an empty folder is no commit
    write("not/yet/a.txt", "a");
    const auto info = wait(scheduler.trigger());
    BOOST_REQUIRE(info.has_value());
    BOOST_TEST(info->commit_message == "Scheduled Commit");
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("a")}}));
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(a_short_id_gets_its_namespace)
{
    CommitScheduler scheduler(hub, "short", folder.path());
    write("a.txt", "a");
    BOOST_TEST(wait(scheduler.trigger()).has_value());
    BOOST_TEST(scheduler.repo_id() == server.user() + "/short");
}

BOOST_AUTO_TEST_CASE(a_turn_every_five_minutes)
{
    write("a.txt", "1");
    auto run = start(make().run());
    drive_until_asleep();
    BOOST_TEST(reports.size() == 1u);
    append("a.txt", "2");
    clock->advance(4min + 59s);
    BOOST_TEST(wait(api.repo_exists(repo))); // the loop runs, nobody pushes
    BOOST_TEST(reports.size() == 1u);
    next_turn(1s);
    BOOST_TEST(reports.size() == 2u);
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("12")}}));
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_jumps_changes_nothing)
{
    write("a.txt", "1");
    auto run = start(make().run());
    drive_until_asleep();
    for (const auto jump : {24h, -24h * 365, 1h}) {
        clock->set_wall(clock->wall() + jump);
        clock->advance(1min);
        BOOST_TEST(wait(api.repo_exists(repo)));
        BOOST_TEST(reports.size() == 1u);
    }
    next_turn(2min);
    BOOST_TEST(reports.size() == 2u);
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(turns_that_are_missed_become_one)
{
    int pushes = 0;
    CommitSchedulerHooks hooks;
    hooks.push_to_hub = [&](CommitScheduler) -> asio::awaitable<std::optional<CommitInfo>> {
        if (++pushes == 1) clock->advance(17min); // three turns have gone by, the fourth is at 20 min
        co_return std::nullopt;
    };
    auto run = start(make({}, hooks).run());
    drive_until([&] { return pushes == 2 && clock->someone_sleeps(); });
    clock->advance(2min + 59s);
    BOOST_TEST(wait(api.repo_exists(repo)));
    BOOST_TEST(pushes == 2);
    next_turn(1s);
    BOOST_TEST(pushes == 3);
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(only_changed_files_are_committed)
{
    write("a.txt", "a");
    write("sub/b.bin", content(100'000, 1));
    const auto scheduler = make();
    wait(scheduler.trigger());
    BOOST_TEST(reports.back().files == 2u);
    BOOST_TEST(reports.back().bytes == 100'001u);
    append("a.txt", "b");
    wait(scheduler.trigger());
    BOOST_TEST(reports.back().files == 1u);
    BOOST_TEST(reports.back().bytes == 2u);
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("ab")}, {"sub/b.bin", stored(content(100'000, 1))}}));
}

BOOST_AUTO_TEST_CASE(nothing_new_makes_no_request_at_all)
{
    write("a.txt", "a");
    const auto scheduler = make();
    wait(scheduler.trigger());
    server.forget_requests();
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_file_with_another_time_and_the_same_content_makes_no_commit)
{
    const auto file = write("a.txt", "a");
    const auto scheduler = make();
    wait(scheduler.trigger());
    fs::last_write_time(file, fs::last_write_time(file) - 1h);
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    BOOST_TEST(scheduled_commits() == 1u);
    server.forget_requests();
    BOOST_TEST(!wait(scheduler.trigger()).has_value()); // and it is remembered
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_by_one_of_the_same_size_and_time_is_seen)
{
    const auto file = write("a.txt", "1");
    const auto time = fs::last_write_time(file);
    const auto scheduler = make();
    wait(scheduler.trigger());
    const auto other = write("other", "2");
    fs::last_write_time(other, time);
    fs::rename(other, file);
    BOOST_TEST(wait(scheduler.trigger()).has_value());
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("2")}}));
}

BOOST_AUTO_TEST_CASE(deleted_files_stay_in_the_repo)
{
    const auto file = write("a.txt", "1");
    const auto scheduler = make();
    wait(scheduler.trigger());
    fs::remove(file);
    write("b.txt", "2");
    wait(scheduler.trigger());
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("1")}, {"b.txt", stored("2")}}));
}

BOOST_AUTO_TEST_CASE(patterns_are_those_of_upload_folder)
{
    for (const auto* name :
         {"a.csv", "sub/b.csv", "sub/skip.csv", "c.txt", ".git/config", ".cache/huggingface/x.csv"})
        write(name, name);
    wait(make({.allow_patterns = Strings("*.csv"), .ignore_patterns = Strings("sub/sk[i]p*")}).trigger());
    BOOST_CHECK(listing() == (Listing{{"a.csv", stored("a.csv")}, {"sub/b.csv", stored("sub/b.csv")}}));
}

BOOST_AUTO_TEST_CASE(path_in_repo_type_and_revision)
{
    write("a.txt", "a");
    wait(api.create_repo(repo, {.repo_type = "dataset"}));
    wait(api.create_branch(repo, "side", {.repo_type = "dataset"}));
    wait(make({.path_in_repo = "/to/here/", .repo_type = "dataset", .revision = "side"}).trigger());
    BOOST_CHECK(listing({.revision = "side", .repo_type = "dataset"}) ==
                (Listing{{"to/here/a.txt", stored("a")}}));
    BOOST_CHECK(listing({.repo_type = "dataset"}).empty());
}

BOOST_AUTO_TEST_CASE(a_space_that_exists_needs_no_sdk)
{
    write("a.txt", "a");
    BOOST_CHECK_THROW(wait(make({.repo_type = "space"}).trigger()), ValueError);
    wait(api.create_repo(repo, {.repo_type = "space", .space_sdk = "static"}));
    BOOST_TEST(wait(make({.repo_type = "space"}).trigger()).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_appended_while_it_is_sent_comes_with_the_next_push)
{
    for (const std::size_t size : {std::size_t{1'000}, std::size_t{200'000}, std::size_t{1'500'000}}) {
        const auto name = std::to_string(size);
        auto text = content(size, 7);
        write(name, text);
        CommitSchedulerHooks hooks;
        const auto grow = [&] { append(name, "more"); };
        // A regular file is read when it is committed, an LFS file before.
        hooks.progress = at_first_commit(grow, size < 64'000 ? ProgressPhase::commit : ProgressPhase::upload);
        const auto scheduler = make({}, hooks);
        wait(scheduler.trigger());
        BOOST_TEST(fs::file_size(folder.path() / name) == size + 4);
        BOOST_TEST(listing()[name] == stored(text));
        wait(scheduler.trigger());
        BOOST_TEST(listing()[name] == stored(text + "more"));
    }
    BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_while_it_is_sent_waits_and_the_others_do_not)
{
    for (const std::size_t size : {std::size_t{1'000}, std::size_t{200'000}}) {
        const auto name = std::to_string(size);
        const auto file = write(name, content(size, 7));
        write("other" + name, name);
        CommitSchedulerHooks hooks;
        hooks.progress = at_first_commit([&] { fs::resize_file(file, 10); },
                                         size < 64'000 ? ProgressPhase::commit : ProgressPhase::upload);
        const auto scheduler = make({}, hooks);
        BOOST_TEST(wait(scheduler.trigger()).has_value());
        BOOST_TEST(reports.back().files == 1u);
        BOOST_TEST(listing().count(name) == 0u);
        BOOST_TEST(listing()["other" + name] == stored(name));
        BOOST_TEST(warned_of("'" + file.string() + "' was truncated"));
        wait(scheduler.trigger());
        BOOST_TEST(listing()[name] == stored(content(size, 7).substr(0, 10)));
    }
}

BOOST_AUTO_TEST_CASE(cut_replaced_or_gone_and_alone_it_is_file_modified)
{
    const auto file = write("a", content(1'000, 1));
    const TempFolder elsewhere;
    const std::vector<std::pair<std::string, std::function<void()>>> changes = {
        {"was truncated", [&] { fs::resize_file(file, 10); }},
        {"was replaced",
         [&] {
             std::ofstream(elsewhere.path() / "new") << content(2'000, 2);
             fs::rename(elsewhere.path() / "new", file);
         }},
        {"was removed", [&] { fs::remove(file); }}};
    for (const auto& [how, change] : changes) {
        write("a", content(1'000, 1));
        CommitSchedulerHooks hooks;
        hooks.progress = at_first_commit(change);
        BOOST_CHECK_EXCEPTION(wait(make({}, hooks).trigger()), FileModified, [&](const FileModified& error) {
            return std::string(error.what()).find(how) != std::string::npos;
        });
    }
    BOOST_TEST(scheduled_commits() == 0u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_written_over_never_becomes_a_wrong_object)
{
    const auto file = write("big", content(200'000, 1));
    CommitSchedulerHooks hooks;
    hooks.progress = at_first_commit([&] { write("big", content(200'000, 2)); }, ProgressPhase::upload);
    const auto scheduler = make({}, hooks);
    BOOST_CHECK_THROW(wait(scheduler.trigger()), FileModified);
    BOOST_TEST(listing().empty());
    wait(scheduler.trigger());
    BOOST_TEST(listing()["big"] == stored(content(200'000, 2)));
}

BOOST_AUTO_TEST_CASE(a_name_that_no_repo_can_hold_is_left_out_with_one_warning)
{
    write("a\nb", "x");
    write("c.txt", "c");
    const auto scheduler = make();
    wait(scheduler.trigger());
    BOOST_CHECK(listing() == (Listing{{"c.txt", stored("c")}}));
    append("c.txt", "d");
    wait(scheduler.trigger());
    BOOST_TEST(warnings.size() == 1u);
    BOOST_TEST(warned_of("is left out"));
}

BOOST_AUTO_TEST_CASE(what_gitignore_excludes_makes_no_empty_commit)
{
    write(".gitignore", "*.log\n");
    write("a.log", "x");
    const auto scheduler = make();
    wait(scheduler.trigger());
    BOOST_CHECK(listing() == (Listing{{".gitignore", stored("*.log\n")}}));
    append("a.log", "y");
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    BOOST_TEST(scheduled_commits() == 1u);
}

BOOST_AUTO_TEST_CASE(a_folder_that_goes_is_a_warning_and_one_that_comes_back_is_pushed)
{
    write("sub/a.txt", "a");
    CommitScheduler scheduler(hub, repo, folder.path() / "sub", {},
                              {.on_push = [this](const PushReport& report) { reports.push_back(report); }});
    auto run = start(scheduler.run());
    drive_until_asleep();
    fs::remove_all(folder.path() / "sub");
    next_turn();
    BOOST_TEST(warned_of("is not there"));
    write("sub/b.txt", "b");
    next_turn();
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("a")}, {"b.txt", stored("b")}}));
    run.cancel();
    BOOST_CHECK_THROW(end(run), CancelledError);
}

BOOST_AUTO_TEST_CASE(another_start_commits_only_what_the_repo_has_not)
{
    for (int i = 0; i < 20; ++i)
        write("f" + std::to_string(i), content(100, static_cast<unsigned>(i)));
    write("big", content(200'000, 99));
    wait(make().trigger());
    server.forget_requests();
    BOOST_TEST(!wait(make().trigger()).has_value()); // as after a kill: nothing is remembered
    BOOST_TEST(seen("POST", "/commit/") == 0u);
    BOOST_TEST(seen("PUT", "") == 0u);
    append("f3", "more");
    BOOST_TEST(wait(make().trigger()).has_value());
    BOOST_TEST(reports.back().files == 1u);
    BOOST_TEST(scheduled_commits() == 2u);
}

BOOST_AUTO_TEST_CASE(very_many_files_are_several_commits)
{
    for (int i = 0; i < 1'100; ++i)
        write("d" + std::to_string(i % 10) + "/" + std::to_string(i), std::to_string(i));
    wait(make().trigger());
    BOOST_TEST(reports.back().commits == 2u);
    BOOST_TEST(reports.back().files == 1'100u);
    BOOST_TEST(scheduled_commits() == 2u);
    BOOST_TEST(listing().size() == 1'100u);
}

BOOST_AUTO_TEST_CASE(squash_history_leaves_one_commit)
{
    write("a.txt", "a");
    const auto scheduler = make({.squash_history = true});
    wait(scheduler.trigger());
    append("a.txt", "b");
    wait(scheduler.trigger());
    BOOST_TEST(wait(api.list_repo_commits(repo).collect()).size() == 1u);
    BOOST_CHECK(listing() == (Listing{{"a.txt", stored("ab")}}));
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    BOOST_TEST(seen("POST", "/super-squash/") == 2u); // only after a commit
}

BOOST_AUTO_TEST_CASE(a_squash_that_fails_does_not_undo_the_push)
{
    write("a.txt", "a");
    server.add_fault({.method = "POST", .path = "*/super-squash/*", .action = emulator::FaultAction::status});
    const auto scheduler = make({.squash_history = true});
    BOOST_TEST(wait(scheduler.trigger()).has_value());
    BOOST_TEST(warned_of("could not be squashed"));
    BOOST_TEST(!wait(scheduler.trigger()).has_value());
    append("a.txt", "b");
    wait(scheduler.trigger());
    BOOST_TEST(wait(api.list_repo_commits(repo).collect()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(push_to_hub_may_be_another_one_and_use_the_default)
{
    write("raw/1", "1");
    CommitSchedulerHooks hooks;
    hooks.push_to_hub = [&](CommitScheduler scheduler) -> asio::awaitable<std::optional<CommitInfo>> {
        {
            const auto lock = co_await scheduler.lock();
            write("packed", "packed"); // into one file before it is pushed
        }
        co_return co_await scheduler.push_folder();
    };
    wait(make({.ignore_patterns = Strings("raw/*")}, hooks).trigger());
    BOOST_CHECK(listing() == (Listing{{"packed", stored("packed")}}));
}

BOOST_AUTO_TEST_SUITE_END()
