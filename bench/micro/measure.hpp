// Pairs measured in turn (A B A B ...), so that both see the same machine: only their ratio carries over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <time.h>

namespace hfasync::bench {

/// Keeps the compiler from dropping a result that nobody reads.
template <class T>
void keep(const T& value)
{
    asm volatile("" : : "g"(&value) : "memory");
}

/// CPU time of this thread: what else the machine does must not show.
template <class F>
double seconds(F&& work)
{
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    };
    const auto start = now();
    work();
    return now() - start;
}

struct Spread {
    double least, median, most;
};

inline Spread spread(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return {values.front(), values[values.size() / 2], values.back()};
}

struct Paired {
    Spread ours, theirs, ratio; ///< seconds, seconds, ours / theirs
};

template <class Ours, class Theirs>
Paired in_turn(std::size_t rounds, Ours&& ours, Theirs&& theirs)
{
    ours(), theirs(); // warm
    std::vector<double> a, b, ratios;
    for (std::size_t i = 0; i < rounds; ++i) {
        a.push_back(seconds(ours));
        b.push_back(seconds(theirs));
        ratios.push_back(a.back() / b.back());
    }
    return {spread(a), spread(b), spread(ratios)};
}

} // namespace hfasync::bench
