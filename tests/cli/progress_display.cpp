#include "cli/progress_display.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

using namespace hfasync;
using namespace hfasync::cli;

namespace {

/// What a display printed, with time that only the test moves.
struct Screen {
    Screen() : file(::open_memstream(&text, &size)) {}
    ~Screen()
    {
        std::fclose(file);
        std::free(text);
    }
    ProgressDisplay::Now now()
    {
        return [this] { return time; };
    }
    std::string take()
    {
        std::fflush(file);
        std::string all(text + taken, size - taken);
        taken = size;
        return all;
    }

    char* text = nullptr;
    std::size_t size = 0;
    std::size_t taken = 0;
    std::FILE* file;
    std::chrono::steady_clock::time_point time{std::chrono::hours(1)};
};

ProgressEvent total(std::uint64_t done, std::uint64_t items)
{
    return {.phase = ProgressPhase::total,
            .done = done,
            .total = 4'000'000,
            .items_done = items,
            .items_total = 4};
}

ProgressEvent file(ProgressKind kind, std::string name, std::uint64_t done = 0)
{
    return {.kind = kind,
            .phase = ProgressPhase::download,
            .name = std::move(name),
            .done = done,
            .total = 1'000'000};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_progress_display)

BOOST_AUTO_TEST_CASE(bytes_and_durations_are_short)
{
    BOOST_TEST(format_bytes(0) == "0 B");
    BOOST_TEST(format_bytes(999) == "999 B");
    BOOST_TEST(format_bytes(1'000) == "1.0 kB");
    BOOST_TEST(format_bytes(12'345'678) == "12.3 MB");
    BOOST_TEST(format_duration(0) == "00:00");
    BOOST_TEST(format_duration(61.4) == "01:01");
    BOOST_TEST(format_duration(3'723) == "1:02:03");
    BOOST_TEST(format_duration(-1) == "--:--");
}

BOOST_AUTO_TEST_CASE(a_pipe_gets_one_line_a_second)
{
    Screen screen;
    ProgressDisplay display(screen.file, ProgressDisplay::Mode::lines, "download", screen.now());
    screen.time += std::chrono::seconds(2);
    display.on_event(total(1'000'000, 1));
    BOOST_TEST(screen.take() == "download: 1/4 files  1.0 MB/4.0 MB  500.0 kB/s  ETA 00:06\n");
    display.on_event(total(1'100'000, 1));
    BOOST_TEST(screen.take() == "");
    screen.time += std::chrono::seconds(2);
    display.on_event(total(2'000'000, 2));
    BOOST_TEST(screen.take() == "download: 2/4 files  2.0 MB/4.0 MB  500.0 kB/s  ETA 00:04\n");
    display.finish("done");
    display.finish("done");
    BOOST_TEST(screen.take() == "done\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_a_block_that_is_drawn_over)
{
    Screen screen;
    ProgressDisplay display(screen.file, ProgressDisplay::Mode::live, "download", screen.now());
    screen.time += std::chrono::seconds(1);
    display.on_event(file(ProgressKind::started, "a.bin"));
    screen.time += std::chrono::seconds(1);
    display.on_event(total(500'000, 0));
    const auto first = screen.take();
    BOOST_TEST(first.find("a.bin") != std::string::npos);
    BOOST_TEST(first.find("0/4 files") != std::string::npos);
    screen.time += std::chrono::seconds(1);
    display.on_event(file(ProgressKind::finished, "a.bin", 1'000'000));
    const auto second = screen.take();
    BOOST_TEST(second.starts_with("\r\x1b[2A\x1b[J"));
    BOOST_TEST(second.find("a.bin") == std::string::npos);
    display.finish();
    BOOST_TEST(screen.take() == "\r\x1b[1A\x1b[J");
}

// The last event before a pause comes too soon after the one before it: it is drawn all the same, and the
// rate falls.
BOOST_AUTO_TEST_CASE(what_was_not_drawn_is_drawn_by_the_next_tick)
{
    Screen screen;
    ProgressDisplay display(screen.file, ProgressDisplay::Mode::live, "download", screen.now());
    screen.time += std::chrono::seconds(1);
    display.on_event(total(500'000, 0));
    screen.take();
    screen.time += std::chrono::milliseconds(10);
    display.on_event(total(1'000'000, 1));
    BOOST_TEST(screen.take() == "");
    screen.time += std::chrono::milliseconds(100);
    display.tick();
    BOOST_TEST(screen.take().find("1/4 files") != std::string::npos);
    screen.time += std::chrono::milliseconds(200);
    display.tick();
    BOOST_TEST(screen.take() == "");
    screen.time += std::chrono::seconds(9);
    display.tick();
    BOOST_TEST(screen.take().find("97.0 kB/s") != std::string::npos);
    display.finish();
    screen.take();
    screen.time += std::chrono::seconds(9);
    display.tick();
    BOOST_TEST(screen.take() == "");
}

BOOST_AUTO_TEST_CASE(server_text_cannot_move_the_cursor)
{
    Screen screen;
    ProgressDisplay display(screen.file, ProgressDisplay::Mode::lines, "download", screen.now());
    auto event = file(ProgressKind::failed, "evil\x1b[2J");
    event.message = "no\r\nway";
    display.on_event(event);
    const auto text = screen.take();
    BOOST_TEST(text.find('\x1b') == std::string::npos);
    BOOST_TEST(text.find('\r') == std::string::npos);
    BOOST_TEST(text.find("failed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(off_prints_nothing)
{
    Screen screen;
    ProgressDisplay display(screen.file, ProgressDisplay::Mode::off, "download", screen.now());
    display.on_event(total(1, 1));
    display.finish("done");
    BOOST_TEST(screen.take() == "");
}

BOOST_AUTO_TEST_SUITE_END()
