#include <boost/test/unit_test.hpp>

#include "emulator/store/upload_mode.hpp"

using namespace hfasync::emulator::store;

BOOST_AUTO_TEST_SUITE(emulator_store_rules)

BOOST_AUTO_TEST_CASE(size_name_and_content_decide)
{
    const LfsRules lfs("*.bin filter=lfs\n");
    const IgnoreRules ignore("*.log\n");
    const auto decide = [&](std::string path, std::uint64_t size, std::string sample = "text") {
        return decide_upload({.path = std::move(path), .size = size, .sample = std::move(sample)}, lfs,
                             ignore, 1000000000);
    };
    const std::string binary("\x7f"
                             "ELF\0\1",
                             6);
    BOOST_TEST(!decide("a.txt", 999999999).lfs);
    BOOST_TEST(decide("a.txt", 1000000000).lfs);
    BOOST_TEST(decide("a/b.bin", 1).lfs);
    BOOST_TEST(!decide("a/b.bin", 0).lfs); // there is no empty LFS object
    BOOST_TEST(!decide("prog", binary_threshold, binary).lfs);
    BOOST_TEST(decide("prog", binary_threshold + 1, binary).lfs);
    BOOST_TEST(decide("x/y.log", 5).ignored);
    BOOST_TEST(!decide("x/y.txt", 5).ignored);
}

BOOST_AUTO_TEST_CASE(windows_line_ends_are_no_part_of_a_pattern)
{
    BOOST_TEST(IgnoreRules("\xef\xbb\xbf*.log\r\nsrc/\r\n").ignores("a.log"));
    BOOST_TEST(IgnoreRules("*.log\r\nsrc/\r\n").ignores("src/x"));
    BOOST_TEST(LfsRules("*.bin filter=lfs\r\n").is_lfs("a.bin"));
}

BOOST_AUTO_TEST_CASE(a_hostile_pattern_ends)
{
    std::string pattern, text(2000, 'a');
    for (int i = 0; i < 40; ++i)
        pattern += "*a";
    BOOST_TEST(!wildmatch(pattern + "b", text));
    BOOST_TEST(wildmatch(pattern, text));
}

BOOST_AUTO_TEST_SUITE_END()
