// A certificate authority that lives as long as the process, and one server certificate of it.
#pragma once

#include <string>

#include <boost/asio/ssl/context.hpp>

namespace hfasync::emulator {

struct ThrowawayAuthority {
    std::string ca_pem;
    boost::asio::ssl::context server; ///< for 127.0.0.1, ::1 and localhost
};

/// EC P-256: made in about a millisecond. TLS 1.2 and 1.3.
ThrowawayAuthority make_throwaway_authority();

} // namespace hfasync::emulator
