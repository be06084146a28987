// What a run is told as: text for people, JSON for programs.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "runner.hpp"

namespace bench_harness {

struct RunFacts {
    std::string endpoint;
    Plan plan;
};

/// Latencies in microseconds.
boost::json::object json_report(const Outcome& outcome, const RunFacts& facts);
/// Lines of at most `width` columns.
std::string text_report(const Outcome& outcome, const RunFacts& facts, std::size_t width = 80);

} // namespace bench_harness
