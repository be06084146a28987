// Progress on a terminal (live lines) or in a pipe (plain lines).
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <hfasync/progress.hpp>

namespace hfasync::cli {

/// "12.3 MB" in powers of 1,000, as `ls --si` has it.
std::string format_bytes(double bytes);
/// "1:02:03" or "02:03"; "--:--" for what is not known.
std::string format_duration(double seconds);

/// Draws the events of one operation. Lives on one thread. On a terminal it keeps a block of live lines (the
/// most recent active files, then the total) and redraws it at most every 100 ms; in a pipe it prints a line
/// for what starts and ends and at most one a second in between.
class ProgressDisplay {
public:
    enum class Mode { off, lines, live };
    using Now = std::function<std::chrono::steady_clock::time_point()>;

    /// live when `out` is a terminal, else lines.
    static Mode mode_for(std::FILE* out);
    /// Columns of the terminal behind `out`; 80 when unknown.
    static unsigned columns_of(std::FILE* out);

    ProgressDisplay(std::FILE* out, Mode mode, std::string title, Now now = std::chrono::steady_clock::now);
    ~ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;

    void on_event(const ProgressEvent& event);
    /// Draws what came too soon after the last time to be drawn, and once a second the rate: events may stay
    /// out.
    void tick();
    /// A sink that refers to this display.
    ProgressSink sink()
    {
        return [this](const ProgressEvent& event) { on_event(event); };
    }
    /// Takes the live lines away and prints the closing line. Idempotent.
    void finish(const std::string& closing_line = {});

private:
    struct Item {
        ProgressPhase phase = ProgressPhase::download;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        std::uint64_t order = 0;
    };

    void draw(bool force);
    void erase();
    void print_line(const ProgressEvent& event);
    std::string total_line(unsigned columns) const;
    std::string item_line(const std::string& name, const Item& item, unsigned columns) const;
    double rate() const;

    std::FILE* out_;
    Mode mode_;
    std::string title_;
    Now now_;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point drawn_{};
    std::map<std::string, Item> active_;
    ProgressEvent total_{};
    bool total_known_ = false;
    bool finished_ = false;
    bool is_stale_ = false; ///< the screen shows less than is known
    std::uint64_t order_ = 0;
    unsigned lines_ = 0;
};

} // namespace hfasync::cli
