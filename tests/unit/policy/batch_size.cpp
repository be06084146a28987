#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "policy/batch_size.hpp"

using hfasync::detail::BatchSize;
using namespace std::chrono_literals;

namespace {

/// What a Hub did with the next batch.
struct Event {
    enum What { taken, refused } what = taken;
    std::size_t used = 0;
    std::chrono::milliseconds took{1'000};
};

struct Row {
    std::string name;
    std::vector<Event> events;
    std::size_t now; ///< after them
};

constexpr BatchSize::Limits limits{.least = 2, .start = 150, .most = 600};

} // namespace

BOOST_AUTO_TEST_SUITE(policy_batch_size)

BOOST_AUTO_TEST_CASE(what_becomes_of_the_size)
{
    const auto taken = Event::taken, refused = Event::refused;
    const Row rows[] = {
        {"begins as the reference", {}, 150},
        {"a full batch that was quick doubles", {{taken, 150}}, 300},
        {"an overfull one too", {{taken, 152}}, 300},
        {"one that was not full does not", {{taken, 149}}, 150},
        {"nor one that took its time", {{taken, 150, 21s}}, 150},
        {"the most is the most", {{taken, 150}, {taken, 300}, {taken, 600}}, 600},
        {"too much is halved", {{refused, 150}}, 75},
        {"what was used counts, not what could have been", {{refused, 40}}, 20},
        {"halved each time", {{refused, 150}, {refused, 75}, {refused, 36}}, 18},
        {"the least is the least", {{refused, 2}}, 2},
        {"less than the least too", {{refused, 1}}, 2},
        {"creeps back", {{refused, 150}, {taken, 75}}, 84},
        {"but stays below what was refused",
         {{refused, 80},
          {refused, 44},
          {taken, 22},
          {taken, 24},
          {taken, 27},
          {taken, 30},
          {taken, 33},
          {taken, 37},
          {taken, 41},
          {taken, 43}},
         43},
        {"a slow one shrinks to its half", {{taken, 150, 61s}}, 75},
        {"a slow one never grows it", {{refused, 40}, {taken, 150, 61s}}, 20},
    };
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name)
        {
            BatchSize size(limits);
            for (const Event& event : row.events)
                event.what == taken ? size.accepted(event.used, event.took) : size.refused(event.used);
            BOOST_TEST(size.now() == row.now);
        }
}

BOOST_AUTO_TEST_SUITE_END()
