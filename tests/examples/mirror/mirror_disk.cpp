// What takes long on the disk: it keeps nobody waiting, and a cancel does not wait for it.
#include <boost/test/unit_test.hpp>

#include <atomic>

#include "fixture.hpp"
#include "trash.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_disk)

using namespace hfasync;
using namespace hfasync::tests;
using mirror::Turn;
using mirror::Worker;

namespace {

void make_file(const fs::path& file)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "x";
}

/// A coroutine on a context of this thread.
struct Call {
    explicit Call(asio::awaitable<void> work)
    {
        asio::co_spawn(context, std::move(work),
                       asio::bind_cancellation_slot(signal.slot(), [this](const std::exception_ptr& failed) {
                           has_ended = true;
                           failure = failed;
                       }));
    }
    bool ends()
    {
        context.run_for(long_enough);
        return has_ended;
    }

    asio::io_context context;
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    bool has_ended = false;
};

} // namespace

BOOST_AUTO_TEST_CASE(other_work_gets_its_turn)
{
    Worker worker;
    std::atomic<bool> other_ran = false;
    const auto both = [&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto other = asio::co_spawn(executor, worker.run([&] { other_ran = true; }), asio::use_future);
        co_await worker.run_in_turns([&](const Turn&) { return !other_ran; });
    };
    Call call(both());
    BOOST_REQUIRE(call.ends());
    BOOST_TEST(!call.failure);
}

BOOST_AUTO_TEST_CASE(all_steps_and_what_they_throw)
{
    Worker worker;
    int steps = 0;
    Call call(worker.run_in_turns([&](const Turn&) { return ++steps < 5; }));
    BOOST_REQUIRE(call.ends());
    BOOST_TEST(!call.failure);
    BOOST_TEST(steps == 5);
    Call failing(worker.run_in_turns([](const Turn&) -> bool { throw ValueError("no"); }));
    BOOST_REQUIRE(failing.ends());
    BOOST_CHECK_THROW(std::rethrow_exception(failing.failure), ValueError);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_step_that_runs)
{
    Worker worker;
    std::promise<void> begun;
    int steps = 0;
    Call call(worker.run_in_turns([&](const Turn& turn) {
        if (++steps == 1) begun.set_value();
        const auto end = std::chrono::steady_clock::now() + long_enough;
        while (!turn.is_stopped() && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        return true; // there is always more
    }));
    call.context.poll(); // it is on the worker now
    begun.get_future().wait();
    const auto start = std::chrono::steady_clock::now();
    call.signal.emit(asio::cancellation_type::terminal);
    BOOST_REQUIRE(call.ends());
    BOOST_TEST((std::chrono::steady_clock::now() - start < long_enough / 2));
    BOOST_REQUIRE(call.failure);
    BOOST_TEST(mirror::is_cancel(call.failure));
    BOOST_TEST(steps == 1);
}

BOOST_AUTO_TEST_CASE(a_cancel_keeps_a_step_from_being_begun)
{
    Worker worker;
    std::promise<void> go;
    worker.in_background([wait = go.get_future().share()](const Turn&) {
        wait.wait();
        return false;
    });
    int steps = 0;
    Call call(worker.run_in_turns([&](const Turn&) { return ++steps < 1000; }));
    call.context.poll();
    call.signal.emit(asio::cancellation_type::terminal);
    go.set_value();
    BOOST_REQUIRE(call.ends());
    BOOST_REQUIRE(call.failure);
    BOOST_TEST(mirror::is_cancel(call.failure));
    BOOST_TEST(steps == 0);
}

BOOST_AUTO_TEST_CASE(work_in_the_background_holds_nothing_up)
{
    std::atomic<int> steps = 0;
    {
        Worker worker;
        worker.in_background([&](const Turn&) { return ++steps > 0; }); // it has no end of its own
        bool ran = false;
        Call call(worker.run([&] { ran = true; }));
        BOOST_REQUIRE(call.ends());
        BOOST_TEST(ran);
    } // nor does the end wait for one
    BOOST_TEST(steps > 0);
}

BOOST_AUTO_TEST_CASE(folders_are_deleted_bit_by_bit)
{
    TempFolder dir;
    const auto folder = dir.path() / "old";
    for (const auto* name : {"a", "b", "sub/c", "sub/deep/d"})
        make_file(folder / name);
    make_file(dir.path() / "elsewhere/mine");
    fs::create_directory_symlink(dir.path() / "elsewhere", folder / "link");
    const std::atomic<bool> stop = true; // as short as a turn can be
    int turns = 1;
    while (mirror::delete_some(folder, Turn(stop)) && turns < 100)
        ++turns;
    BOOST_TEST(turns == 8); // five files, two folders and the folder itself
    BOOST_TEST(!fs::exists(folder));
    BOOST_TEST(content_of(dir.path() / "elsewhere/mine") == "x");
    BOOST_TEST(!mirror::delete_some(dir.path() / "nothing", Turn(stop)));
}

BOOST_AUTO_TEST_CASE(one_turn_is_enough_for_little)
{
    TempFolder dir;
    for (int i = 0; i < 20; ++i)
        make_file(dir.path() / fmt::format("old/{}/x", i));
    const std::atomic<bool> stop = false;
    int turns = 1;
    while (mirror::delete_some(dir.path() / "old", Turn(stop)))
        ++turns;
    BOOST_TEST(turns < 40); // else each of them was over at once
    BOOST_TEST(!fs::exists(dir.path() / "old"));
}

BOOST_AUTO_TEST_CASE(what_goes_is_out_of_the_way_at_once)
{
    TempFolder dir;
    const auto trash = dir.path() / ".trash";
    std::vector<fs::path> moved;
    for (int i = 0; i < 2; ++i) { // of one name
        make_file(dir.path() / "old/x");
        moved.push_back(mirror::move_to_trash(dir.path() / "old", trash));
        BOOST_TEST(!fs::exists(dir.path() / "old"));
        BOOST_TEST(moved.back().parent_path() == trash);
    }
    BOOST_TEST(moved[0] != moved[1]);
    const std::atomic<bool> stop = false;
    for (const auto& folder : moved)
        while (mirror::delete_some(folder, Turn(stop))) {
        }
    BOOST_TEST(fs::is_empty(trash));
    // Where there can be no trash, it is deleted where it is.
    make_file(dir.path() / "old/x");
    BOOST_TEST(mirror::move_to_trash(dir.path() / "old", dir.path() / "old/x/.trash") == dir.path() / "old");
    BOOST_TEST(fs::exists(dir.path() / "old/x"));
}

BOOST_FIXTURE_TEST_CASE(what_another_process_has_left_goes, MirrorFixture)
{
    hub.seed_repo("acme/tiny", {{"a", "1"}});
    const auto left = out() / ".trash/abcdef";
    make_file(left / "0123/x");
    Running service(config("[{model: acme/tiny}]", "every: 1h\n"));
    BOOST_TEST(eventually([&] { return !fs::exists(left); }));
    BOOST_TEST(eventually([&] { return content_of(out() / "models/acme/tiny/main/a") == "1"; }));
    service.stop();
    BOOST_TEST(!service.has_failed());
}

BOOST_AUTO_TEST_SUITE_END()
