#include <boost/test/unit_test.hpp>

#include <string>

#include <hfasync/error.hpp>

using namespace hfasync;

BOOST_AUTO_TEST_SUITE(base_error)

BOOST_AUTO_TEST_CASE(the_category_has_a_text_for_every_code)
{
    for (int value = 1; value <= static_cast<int>(errc::shut_down); ++value)
        BOOST_TEST(hfasync_category().message(value) != "unknown error", value);
    BOOST_TEST(hfasync_category().message(9999) == "unknown error");
    BOOST_TEST(std::string(hfasync_category().name()) == "hfasync");
}

BOOST_AUTO_TEST_CASE(cancel_and_timeout_are_the_generic_conditions)
{
    namespace generic = boost::system::errc;
    const boost::system::error_code cancelled = errc::cancelled, late = errc::timed_out,
                                    other = errc::not_found;
    BOOST_TEST((cancelled == generic::operation_canceled));
    BOOST_TEST((late == generic::timed_out));
    BOOST_TEST((other != generic::operation_canceled));
    BOOST_TEST((static_cast<std::error_code>(cancelled) == std::errc::operation_canceled));
}

BOOST_AUTO_TEST_CASE(the_message_is_one_line_with_hint_and_request_id)
{
    ErrorContext context;
    context.request_id = "Root=1-2";
    context.hint = "Log in first.";
    const HfHubHTTPError error(errc::unauthorized, "Cannot read acme/x: 401\r\nline two", context);
    BOOST_TEST(std::string(error.what()) ==
               "Cannot read acme/x: 401  line two. Log in first. (Request ID: Root=1-2)");
    BOOST_TEST(std::string(error.message()) == error.what());
}

BOOST_AUTO_TEST_CASE(no_secret_and_no_escape_sequence_gets_out)
{
    ErrorContext context;
    context.url = "https://u:CANARY@h/x?X-Amz-Signature=CANARY";
    context.body = "line\n<a href=\"https://h/y?Signature=CANARY\">\x1b[2J";
    context.server_message = "see https://h/z?CANARY";
    const HubError error(errc::http_status, "GET https://h/x?sig=CANARY: Bearer CANARYCANARY\x1b[2J",
                         context);
    for (const std::string& text : {std::string(error.what()), error.context().url, error.context().body,
                                    error.context().server_message}) {
        BOOST_TEST(text.find("CANARY") == std::string::npos, text);
        BOOST_TEST(text.find('\x1b') == std::string::npos, text);
    }
    BOOST_TEST(error.context().body.starts_with("line\n"));
}

BOOST_AUTO_TEST_CASE(every_type_is_caught_as_its_documented_parents)
{
    const auto thrown_is = [](auto error, auto* parent) {
        using Parent = std::remove_pointer_t<decltype(parent)>;
        try {
            static_cast<const Error&>(error).raise();
        } catch (const Parent&) {
            return true;
        } catch (...) {
        }
        return false;
    };
    const GatedRepoError gated(errc::gated_repo, "x");
    BOOST_TEST(thrown_is(gated, static_cast<RepositoryNotFoundError*>(nullptr)));
    BOOST_TEST(thrown_is(gated, static_cast<HfHubHTTPError*>(nullptr)));
    BOOST_TEST(thrown_is(gated, static_cast<boost::system::system_error*>(nullptr)));
    BOOST_TEST(thrown_is(gated, static_cast<std::exception*>(nullptr)));
    BOOST_TEST(thrown_is(gated, static_cast<Error*>(nullptr)));
    BOOST_TEST(!thrown_is(gated, static_cast<EntryNotFoundError*>(nullptr)));
    const HFValidationError invalid(errc::validation, "x");
    BOOST_TEST(thrown_is(invalid, static_cast<std::invalid_argument*>(nullptr)));
    BOOST_TEST(
        thrown_is(FileMetadataError(errc::file_metadata, "x"), static_cast<std::system_error*>(nullptr)));
}

BOOST_AUTO_TEST_CASE(names)
{
    BOOST_TEST(GatedRepoError(errc::gated_repo, "x").name() == "GatedRepoError");
    BOOST_TEST(ConflictError(errc::conflict, "x").name() == "HfHubHTTPError");
    BOOST_TEST(ConflictError(errc::conflict, "x").detail_name() == "ConflictError");
    BOOST_TEST(ValueError("x").detail_name() == "ValueError");
}

BOOST_AUTO_TEST_CASE(codes)
{
    BOOST_TEST((ValueError("x").code() == errc::invalid_argument));
    const HubError hub(errc::conflict, "x");
    BOOST_TEST((hub.code() == errc::conflict));
    BOOST_TEST((static_cast<const boost::system::system_error&>(hub).code() == errc::conflict));
    const OSError os(std::make_error_code(std::errc::no_space_on_device), "x");
    BOOST_TEST((os.code() == errc::os_error));
    BOOST_TEST((os.os_code() == std::errc::no_space_on_device));
    BOOST_TEST((os.context().cause == boost::system::errc::no_space_on_device));
    const IntegrityError bad(errc::integrity, "x");
    BOOST_TEST((bad.code() == errc::integrity));
    BOOST_TEST(bad.os_code().category().name() == std::string("hfasync"));
}

BOOST_AUTO_TEST_SUITE_END()
