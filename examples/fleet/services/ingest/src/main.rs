//! Takes in the readings of the river gauges.

/// One reading, as a station sends it: `station level_cm`.
fn parse(line: &str) -> Option<(&str, u32)> {
    let (station, level) = line.split_once(' ')?;
    Some((station, level.trim().parse().ok()?))
}

fn main() {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match parse(&line) {
            Some((station, level)) => println!("{station} stands at {level} cm"),
            None => eprintln!("no reading: {line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_reading_is_a_station_and_a_level() {
        assert_eq!(super::parse("linz 182"), Some(("linz", 182)));
        assert_eq!(super::parse("linz"), None);
    }
}
