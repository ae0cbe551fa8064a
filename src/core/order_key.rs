//! Order keys: where a node is to go among its siblings, as bytes compared bytewise.
//!
//! A key is a sequence of *numbers* of 48 bits, six bytes each, so its length is even and peers that
//! count in digits of 16 bits can allocate beside it. A key that goes last is one number, a step above
//! that of the last sibling, however many there are: 5,000,000 one after the other, and as many
//! first, take six bytes each. Between two keys there is a number as long as there is room for a choice of
//! 2¹⁷; after that the key of the lower neighbour gets another number, which begins in the middle, so
//! that what follows at the same spot, on either side, is again a step away and not half of what is
//! left. The steps are random: two replicas that choose a key for one gap at the same time choose the same one
//! with a chance of at most 1 in 131,072.
//!
//! Neighbours may be anybody's: any bytes, of any length. Those that are not a multiple of six
//! are read as if zeros followed.

use thiserror::Error;

/// The bytes of a number.
const WIDTH: usize = 6;
/// More than the greatest number.
const END: u64 = 1 << (8 * WIDTH);
/// The first number where nothing is near.
const MIDDLE: u64 = END / 2;
/// How far keys at an end go on: from one to two of these.
const STEP: u64 = 1 << 24;
/// Numbers that are nearer have nothing between them.
const NEAR: u64 = 1 << 18;

/// Why there is no key between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoKeyBetween {
    /// They are equal, or the wrong way round.
    #[error("the lower key is not less than the upper")]
    Inverted,
    /// The upper is the lower with zeros after it (or nothing but zeros): bytewise nothing is between
    /// them, or nothing of even length.
    #[error("there is no key of even length between the two")]
    Adjacent,
}

/// A key that is greater than `lower` and less than `upper`; `None` is the open end. Its length is
/// a multiple of six bytes, at least six, and at most twelve more than that of the longer of the two.
///
/// `random` gives a number that is evenly distributed among all.
///
/// # Errors
/// [`NoKeyBetween`].
pub fn order_key_between(
    lower: Option<&[u8]>,
    upper: Option<&[u8]>,
    random: &mut dyn FnMut() -> u64,
) -> Result<Vec<u8>, NoKeyBetween> {
    if let (Some(lower), Some(upper)) = (lower, upper)
        && lower >= upper
    {
        return Err(NoKeyBetween::Inverted);
    }
    let mut step = || STEP + random() % STEP;
    let mut key = Vec::with_capacity(2 * WIDTH);
    // Of both, what follows the numbers that the key has by now; an end that is open any way is none.
    let (mut lower, mut upper) = (lower.filter(|it| !it.is_empty()), upper);
    loop {
        let (low, high) = (lower.map(first), upper.map(first));
        let number = match (low, high) {
            (None, None) => Some(MIDDLE + step()),
            (Some(low), None) => Some(low + step()).filter(|&it| it < END),
            (None, Some(high)) if high > 2 * STEP => Some(high - step()),
            (low, Some(high)) => {
                let low = low.unwrap_or(0);
                let room = high - low;
                // In the middle half.
                (room >= NEAR).then(|| low + room / 4 + step() % (room / 2))
            }
        };
        if let Some(number) = number {
            // No digit of zeros at the end: with some, and without, there would be nothing between.
            let number = if number & 0xffff == 0 { number + 1 } else { number };
            push(&mut key, number);
            return Ok(key);
        }
        let low = low.unwrap_or(0);
        push(&mut key, low);
        upper = match upper {
            Some(it) if high == Some(low) => match rest(it) {
                [] => return Err(NoKeyBetween::Adjacent),
                rest => Some(rest),
            },
            _ => None,
        };
        lower = lower.map(rest).filter(|it| !it.is_empty());
    }
}

/// So many keys between two, in order. As for one; none is more than eighteen bytes longer than the longer of
/// the two.
///
/// # Errors
/// [`NoKeyBetween`].
pub fn order_keys_between(
    lower: Option<&[u8]>,
    upper: Option<&[u8]>,
    count: usize,
    random: &mut dyn FnMut() -> u64,
) -> Result<Vec<Vec<u8>>, NoKeyBetween> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    for _ in 0..count {
        let lower = keys.last().map(Vec::as_slice).or(lower);
        keys.push(order_key_between(lower, upper, random)?);
    }
    Ok(keys)
}

/// The first number of a key.
fn first(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let there = key.len().min(WIDTH);
    bytes[8 - WIDTH..][..there].copy_from_slice(&key[..there]);
    u64::from_be_bytes(bytes)
}

/// What follows the first number of a key.
fn rest(key: &[u8]) -> &[u8] {
    key.get(WIDTH..).unwrap_or(&[])
}

fn push(key: &mut Vec<u8>, number: u64) {
    key.extend_from_slice(&number.to_be_bytes()[8 - WIDTH..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random (SplitMix64).
    fn numbers(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    /// A key between two, with all that is promised of it.
    fn between(
        lower: Option<&[u8]>,
        upper: Option<&[u8]>,
        random: &mut dyn FnMut() -> u64,
    ) -> Vec<u8> {
        let key = order_key_between(lower, upper, random)
            .unwrap_or_else(|error| panic!("{lower:?} and {upper:?}: {error}"));
        assert!(lower.is_none_or(|it| it < key.as_slice()), "{key:?} is not above {lower:?}");
        assert!(upper.is_none_or(|it| key.as_slice() < it), "{key:?} is not below {upper:?}");
        let longest = [lower, upper].into_iter().flatten().map(<[u8]>::len).max().unwrap_or(0);
        assert!(
            !key.is_empty() && key.len().is_multiple_of(WIDTH) && key.len() <= longest + 2 * WIDTH
        );
        assert_ne!(key[key.len() - 2..], [0, 0]);
        key
    }

    #[test]
    fn a_hundred_thousand_at_either_end_take_six_bytes_each() {
        let random = &mut numbers(1);
        let (mut last, mut first) = (None::<Vec<u8>>, None::<Vec<u8>>);
        for _ in 0..100_000 {
            last = Some(between(last.as_deref(), None, random));
            first = Some(between(None, first.as_deref(), random));
            assert_eq!((last.as_ref().unwrap().len(), first.as_ref().unwrap().len()), (6, 6));
        }
    }

    #[test]
    fn ten_thousand_at_one_spot_take_twelve_bytes_each() {
        let random = &mut numbers(2);
        let a = between(None, None, random);
        let b = between(Some(&a), None, random);
        for above in [false, true] {
            let (mut low, mut high) = (a.clone(), b.clone());
            for _ in 0..10_000 {
                let key = between(Some(&low), Some(&high), random);
                assert!(key.len() <= 12, "{} bytes", key.len());
                *(if above { &mut low } else { &mut high }) = key;
            }
        }
    }

    #[test]
    fn ten_thousand_each_between_the_last_two_take_less_than_a_byte_each() {
        let random = &mut numbers(3);
        let mut two = [between(None, None, random), between(None, None, random)];
        two.sort();
        let [mut low, mut high] = two;
        for at in 0..10_000 {
            let key = between(Some(&low), Some(&high), random);
            *(if at % 2 == 0 { &mut low } else { &mut high }) = key;
        }
        assert!(low.len().max(high.len()) < 10_000, "{} bytes", low.len());
    }

    #[test]
    fn five_million_at_one_end_come_to_the_last_number_and_go_on() {
        let random = &mut numbers(4);
        let mut last = between(None, None, random);
        for _ in 0..5_000_000 {
            last = order_key_between(Some(&last), None, random).unwrap();
            assert_eq!(last.len(), 6);
        }
        let mut last = vec![0xff; 6];
        for _ in 0..1000 {
            last = between(Some(&last), None, random);
            assert!(last.len() <= 12);
        }
        let mut first = vec![0, 0, 0, 0, 0, 1];
        for _ in 0..1000 {
            first = between(None, Some(&first), random);
            assert!(first.len() <= 12);
        }
    }

    #[test]
    fn keys_of_others_have_room_beside_them_wherever_there_is_any() {
        let random = &mut numbers(5);
        for _ in 0..200_000 {
            let mut any = || {
                let length = random() % 15;
                // Few different bytes, so that many begin with the same.
                (0..length).map(|_| [0, 0, 1, 0x80, 0xff, 0xff][(random() % 6) as usize]).collect()
            };
            let mut two: [Vec<u8>; 2] = [any(), any()];
            two.sort();
            let [low, high] = two;
            for (low, high) in [(Some(&low), Some(&high)), (None, Some(&high)), (Some(&low), None)]
            {
                let (low, high) = (low.map(Vec::as_slice), high.map(Vec::as_slice));
                match order_key_between(low, high, random) {
                    Ok(_) => {
                        between(low, high, random);
                    }
                    Err(NoKeyBetween::Inverted) => assert_eq!(low, high),
                    Err(NoKeyBetween::Adjacent) => {
                        let (low, high) = (low.unwrap_or(&[]), high.unwrap());
                        let zeros =
                            high.strip_prefix(low).expect("one goes on where the other ends");
                        assert!(zeros.iter().all(|&byte| byte == 0), "{low:?} {high:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn many_keys_are_in_order_and_not_much_longer_than_one() {
        let random = &mut numbers(6);
        let ends =
            [None, Some([0x80, 0].as_slice()), Some(&[0x80, 0, 0, 0, 0, 0, 7]), Some(&[0x80, 1])];
        for low in 0..ends.len() {
            for high in [None, ends[3]].into_iter().take(if low == 3 { 1 } else { 2 }) {
                let keys = order_keys_between(ends[low], high, 1000, random).unwrap();
                assert!(keys.is_sorted() && keys.len() == 1000);
                let longest = ends[low].map_or(0, <[u8]>::len);
                assert!(keys.iter().all(|key| key.len() <= longest.max(2) + 18));
                assert!(ends[low].is_none_or(|it| it < keys[0].as_slice()));
                assert!(high.is_none_or(|it| keys[999].as_slice() < it));
            }
        }
        assert_eq!(order_keys_between(None, None, 0, random), Ok(vec![]));
    }

    #[test]
    fn two_at_one_gap_choose_different_keys() {
        let mut keys: Vec<Vec<u8>> = (0..200)
            .map(|seed| between(Some(&[1]), Some(&[1, 0, 0, 4]), &mut numbers(seed)))
            .collect();
        keys.sort();
        keys.dedup();
        assert!(keys.len() >= 199, "{} of 200", keys.len());
    }
}
