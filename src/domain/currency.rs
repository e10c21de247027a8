//! Currencies that a book may be kept in: codes of ISO 4217 whose minor unit has two decimals.

/// The codes in use, in the order of the alphabet (list one of the standard, 2025).
const TWO_DECIMALS: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP \
    GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW \
    KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR \
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS \
    UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

/// Whether a book may be kept in a currency.
pub fn is_known(code: &str) -> bool {
    TWO_DECIMALS.split_ascii_whitespace().any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_three_capitals_in_order_and_have_two_decimals() {
        let codes: Vec<&str> = TWO_DECIMALS.split_ascii_whitespace().collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        let capitals =
            |code: &&str| code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase());
        assert!(codes.iter().all(capitals));
        // Yen have no decimals, dinars of Kuwait three; the others are no codes.
        for code in ["JPY", "KWD", "nonsense", "cny", "CN", "CNY ", "", "RMB"] {
            assert!(!is_known(code), "{code}");
        }
        assert!(is_known("CNY") && is_known("USD"));
    }
}
