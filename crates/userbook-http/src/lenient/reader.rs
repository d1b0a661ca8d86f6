//! A reader for the parts of a time.

/// The unread rest of a text. A missing part leaves the rest unchanged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a str);

impl Reader<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Counts the ASCII digits at the start.
    pub(super) fn digits_ahead(self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// Reads the next character if it is one of these.
    pub(super) fn take(&mut self, wanted: &[char]) -> Option<char> {
        let rest = self.0.strip_prefix(wanted)?;
        let taken = self.0.chars().next();
        self.0 = rest;
        taken
    }

    /// Reads the next character.
    pub(super) fn take_any(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let taken = chars.next();
        self.0 = chars.as_str();
        taken
    }

    /// Skips white space.
    pub(super) fn skip_blanks(&mut self) {
        self.0 = self.0.trim_start();
    }

    /// Reads a number of `least` to `most` digits.
    pub(super) fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.digits_ahead().min(most);
        let (number, rest) = self.0.split_at_checked(digits).filter(|_| digits >= least)?;
        self.0 = rest;
        number.parse().ok()
    }

    /// Reads decimals as microseconds: at least `least`, and never none. Those after the sixth are skipped.
    pub(super) fn microseconds(&mut self, least: usize) -> Option<u32> {
        let digits = self.digits_ahead();
        let scale = 10_u32.pow(6_u32.saturating_sub(u32::try_from(digits).unwrap_or(6)));
        let value = self.number(least.max(1), 6)? * scale;
        self.0 = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        Some(value)
    }
}
