// Every recorded conversation is a test case: wire_runner/<area>/<method>__<what>.
#include <boost/test/tree/auto_registration.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>

#include "cli/method_table.hpp"
#include "wire/replay.hpp"

namespace wire {

namespace {

namespace ut = boost::unit_test;

const std::filesystem::path folder = std::filesystem::path(HFASYNC_TEST_SOURCE_DIR) / "wire";

const std::vector<Cassette>& cassettes()
{
    static const auto all = load_cassettes(folder / "cassettes");
    return all;
}

struct Pending {
    std::string text;
    std::regex pattern;
};

const std::vector<Pending>& pending()
{
    static const auto list = [] {
        std::vector<Pending> out;
        std::ifstream in(folder / "pending.txt");
        for (std::string line; std::getline(in, line);)
            if (!line.empty() && line[0] != '#') out.push_back({line, std::regex(line)});
        return out;
    }();
    return list;
}

std::string full_name(const Cassette& cassette)
{
    return cassette.area + "/" + cassette.name;
}

bool fits(const Pending& line, const Cassette& cassette)
{
    return std::regex_search(full_name(cassette), line.pattern);
}

bool is_pending(const Cassette& cassette)
{
    for (const auto& line : pending())
        if (fits(line, cassette)) return true;
    return false;
}

std::string case_name(std::string name)
{
    if (const auto slash = name.find('/'); slash != name.npos) name.replace(slash, 1, "__");
    return name;
}

void check(const Cassette& cassette)
{
    const auto problems = replay(cassette);
    for (const auto& problem : problems)
        BOOST_ERROR(full_name(cassette) << ": " << problem);
    BOOST_TEST(problems.empty());
}

// Gives the framework one suite an area.
struct Areas final : ut::test_unit_generator {
    Areas()
    {
        for (const auto& cassette : cassettes()) {
            auto& suite = suites_[cassette.area];
            if (!suite) suite = BOOST_TEST_SUITE(cassette.area);
            if (!is_pending(cassette))
                suite->add(ut::make_test_case([&cassette] { check(cassette); }, case_name(cassette.name),
                                              __FILE__, __LINE__));
        }
        // A suite without a case could not be asked for by name.
        for (auto& [area, suite] : suites_)
            if (suite->size() == 0) suite->add(BOOST_TEST_CASE_NAME([] {}, "all_pending"));
        next_ = suites_.begin();
    }
    ut::test_unit* next() const override { return next_ == suites_.end() ? nullptr : (next_++)->second; }

private:
    mutable std::map<std::string, ut::test_suite*> suites_;
    mutable std::map<std::string, ut::test_suite*>::iterator next_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(wire_runner)

static ut::ut_detail::auto_test_unit_registrar areas_registrar(Areas{},
                                                               ut::decorator::collector_t::instance());

BOOST_AUTO_TEST_CASE(pending_conversations_are_counted)
{
    std::size_t total = 0, agreed = 0, not_built = 0;
    for (const auto& line : pending()) {
        std::size_t of_line = 0, agreed_of_line = 0;
        std::vector<std::string> differing;
        for (const auto& cassette : cassettes()) {
            if (!fits(line, cassette)) continue;
            ++of_line;
            if (!hfasync::cli::methods().contains(cassette.method()))
                ++not_built;
            else if (replay(cassette).empty())
                ++agreed_of_line;
            else
                differing.push_back(full_name(cassette));
        }
        std::cout << "pending " << line.text << ": " << agreed_of_line << " of " << of_line << " agree\n";
        for (const auto& name : differing)
            std::cout << "    differs: " << name << '\n';
        BOOST_TEST(of_line > 0, "nothing fits the line `" << line.text << "` of pending.txt");
        BOOST_TEST((of_line == 0 || agreed_of_line < of_line),
                   "all agree now: take `" << line.text << "` out");
        total += of_line;
        agreed += agreed_of_line;
    }
    std::cout << "pending in all: " << agreed << " of " << total << " agree, " << not_built
              << " are of methods that are not built\n";
}

BOOST_AUTO_TEST_CASE(every_method_has_a_conversation)
{
    std::set<std::string> recorded;
    for (const auto& cassette : cassettes())
        recorded.insert(cassette.method());
    for (const auto& [name, method] : hfasync::cli::methods())
        BOOST_TEST(recorded.contains(std::string(name)), name << " has no recorded conversation");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wire
