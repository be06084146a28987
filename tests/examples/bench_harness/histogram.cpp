// The histogram against the sorted samples themselves.
#include "bench_harness/histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using bench_harness::Histogram;

namespace {

/// Nearest rank, as documented.
std::uint64_t exact(const std::vector<std::uint64_t>& sorted, double percent)
{
    const auto rank =
        static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-6));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

void check_against(std::vector<std::uint64_t> samples)
{
    Histogram histogram;
    double sum = 0;
    for (const auto sample : samples) {
        histogram.add(sample);
        sum += static_cast<double>(sample);
    }
    std::sort(samples.begin(), samples.end());
    BOOST_TEST(histogram.count() == samples.size());
    BOOST_TEST(histogram.min() == samples.front());
    BOOST_TEST(histogram.max() == samples.back());
    BOOST_TEST(histogram.mean() == sum / static_cast<double>(samples.size()),
               boost::test_tools::tolerance(1e-9));
    for (const double percent : {0.0, 0.1, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        const auto wanted = exact(samples, percent);
        const auto got = histogram.percentile(percent);
        BOOST_TEST(got >= wanted, percent);
        BOOST_TEST(static_cast<double>(got - wanted) <=
                       static_cast<double>(wanted) * Histogram::relative_error,
                   percent << " %: " << got << ", not " << wanted);
    }
    std::uint64_t total = 0, last = 0;
    for (const auto& bucket : histogram.buckets()) {
        BOOST_TEST((total == 0 || bucket.first > last));
        BOOST_TEST(bucket.last >= bucket.first);
        const auto in = [&](std::uint64_t value) { return value >= bucket.first && value <= bucket.last; };
        BOOST_TEST(bucket.count ==
                   static_cast<std::uint64_t>(std::count_if(samples.begin(), samples.end(), in)));
        last = bucket.last;
        total += bucket.count;
    }
    BOOST_TEST(total == samples.size());
}

template <class Distribution>
std::vector<std::uint64_t> drawn(Distribution distribution, std::size_t count)
{
    std::mt19937_64 random(7);
    std::vector<std::uint64_t> out(count);
    for (auto& value : out)
        value = static_cast<std::uint64_t>(std::max(0.0, static_cast<double>(distribution(random))));
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bench_harness_histogram)

BOOST_AUTO_TEST_CASE(percentiles_are_those_of_the_sorted_samples)
{
    check_against(drawn(std::exponential_distribution<double>(1e-6), 20'000));
    check_against(drawn(std::lognormal_distribution<double>(14, 2), 20'000));
    check_against(drawn(std::uniform_int_distribution<std::uint64_t>(0, 300), 5'000));
    check_against(drawn(std::normal_distribution<double>(1e9, 1e3), 1'000));
    check_against({42});
    check_against({0, 0, 0, 1});
    check_against({1, 1'000'000'000'000});
}

BOOST_AUTO_TEST_CASE(every_value_has_its_bucket)
{
    std::vector<std::uint64_t> edges{0, 1, std::numeric_limits<std::uint64_t>::max()};
    for (unsigned bit = 1; bit < 64; ++bit)
        for (const std::int64_t step : {-1, 0, 1})
            edges.push_back((std::uint64_t{1} << bit) + static_cast<std::uint64_t>(step));
    std::uint64_t last = 0;
    std::sort(edges.begin(), edges.end());
    for (const auto value : edges) {
        Histogram one;
        one.add(value);
        const auto buckets = one.buckets();
        BOOST_REQUIRE_EQUAL(buckets.size(), 1U);
        BOOST_TEST(buckets[0].first <= value);
        BOOST_TEST(buckets[0].last >= value);
        BOOST_TEST(buckets[0].first >= last);
        BOOST_TEST(static_cast<double>(buckets[0].last - buckets[0].first) <=
                   static_cast<double>(buckets[0].first) * Histogram::relative_error);
        BOOST_TEST(one.percentile(50) == value); // never above the greatest
        last = buckets[0].first;
    }
}

BOOST_AUTO_TEST_CASE(without_values_all_is_nothing)
{
    const Histogram none;
    BOOST_TEST(none.count() == 0U);
    BOOST_TEST(none.percentile(99) == 0U);
    BOOST_TEST(none.min() == 0U);
    BOOST_TEST(none.max() == 0U);
    BOOST_TEST(none.mean() == 0.0);
    BOOST_TEST(none.buckets().empty());
}

BOOST_AUTO_TEST_CASE(merging_is_adding_all)
{
    const auto first = drawn(std::exponential_distribution<double>(1e-5), 1'000);
    const auto second = drawn(std::lognormal_distribution<double>(10, 1), 3'000);
    Histogram a, b, both, none;
    for (const auto value : first)
        a.add(value), both.add(value);
    for (const auto value : second)
        b.add(value), both.add(value);
    a.merge(b);
    a.merge(none);
    none.merge(a);
    for (const auto* merged : {&a, &none}) {
        BOOST_TEST((merged->buckets() == both.buckets()));
        BOOST_TEST(merged->min() == both.min());
        BOOST_TEST(merged->max() == both.max());
        BOOST_TEST(merged->mean() == both.mean(), boost::test_tools::tolerance(1e-9));
    }
    BOOST_TEST(both.count_between(0, ~std::uint64_t{0}) == 4'000U);
    BOOST_TEST(both.count_between(0, 1 << 10) + both.count_between(1 << 10, ~std::uint64_t{0}) == 4'000U);
}

BOOST_AUTO_TEST_SUITE_END()
