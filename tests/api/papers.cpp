// list_papers, paper_info against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

BOOST_FIXTURE_TEST_SUITE(api_papers, ReadFixture)

BOOST_AUTO_TEST_CASE(papers_are_found_by_words)
{
    BOOST_TEST((ids(ann.list_papers()) == Texts{"2407.21783", "hep-th/9711200"}));
    BOOST_TEST((ids(ann.list_papers({.query = "gr\xc3\xb6\xc3\x9f"
                                              "e & #1"})) == Texts{"2407.21783"}));
    BOOST_TEST(ids(ann.list_papers({.query = "none"})).empty());
    const auto paper = wait(nobody.list_papers({.query = "herd"}).collect()).at(0);
    BOOST_TEST(paper.title.value_or("") == "The Herd of Models");
    BOOST_TEST((paper.authors.value() == Texts{"Ann", "Li \xe6\x9d\x8e"}));
    BOOST_TEST(paper.upvotes.value_or(0) == 107);
    BOOST_TEST(paper.comments.as_int().value_or(0) == 1);
    BOOST_TEST(paper.submitted_by.has_value());
}

BOOST_AUTO_TEST_CASE(one_paper)
{
    const auto paper = wait(ann.paper_info("2407.21783"));
    BOOST_TEST(paper.summary.value_or("") == "Gr\xc3\xb6\xc3\x9f"
                                             "e & #1");
    BOOST_TEST(paper.submitted_by.value().username == "bob");
    BOOST_TEST(format_timestamp(paper.submitted_at.value()) == "2024-08-01T00:00:00.000Z");
    BOOST_TEST(paper.comments.size() == 1u);
    BOOST_TEST(wait(ann.paper_info("hep-th/9711200")).title.value_or("") == "Old");
    BOOST_CHECK_THROW(wait(ann.paper_info("0000.00000")), HfHubHTTPError);
}

BOOST_AUTO_TEST_SUITE_END()
