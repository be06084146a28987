// Whether this build is instrumented: some limits have no meaning then.
#pragma once

namespace hfasync::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HFASYNC_TEST_SANITIZED 1
#endif
#endif

#ifdef HFASYNC_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

} // namespace hfasync::test
