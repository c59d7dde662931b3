use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u32),
    Line(i8, i8),
    Box {
        width: u128,
        inside: Option<Box<Shape>>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Wrapped(f64);

#[expect(
    clippy::option_option,
    clippy::zero_sized_map_values,
    reason = "users have such types"
)]
#[derive(Debug, Serialize, Deserialize)]
struct Everything {
    #[serde(rename = "TimeOut")]
    timeout: Duration,
    address: IpAddr,
    array: [u8; 3],
    shapes: Vec<Shape>,
    floats: Vec<f64>,
    small: f32,
    wrapped: Wrapped,
    big: (u128, i128, u64, i64),
    nested: Option<Option<Option<u8>>>,
    by_number: BTreeMap<(u8, char), Vec<Shape>>,
    by_shape: HashMap<Shape, ()>,
    by_text: HashMap<String, Option<i32>>,
    set: HashSet<i32>,
    unit: (),
    text: String,
}

#[expect(clippy::zero_sized_map_values, reason = "users have such types")]
fn everything() -> Everything {
    Everything {
        timeout: Duration::new(5, 7),
        address: "2001:db8::1".parse().unwrap(),
        array: [1, 2, 3],
        shapes: vec![
            Shape::Point,
            Shape::Circle(1),
            Shape::Line(-1, 1),
            Shape::Box {
                width: u128::MAX,
                inside: Some(Box::new(Shape::Point)),
            },
        ],
        floats: vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            f64::MIN_POSITIVE,
            f64::MAX,
            0.1 + 0.2,
            1.0,
        ],
        small: 0.1,
        wrapped: Wrapped(f64::NAN),
        big: (u128::MAX, i128::MIN, u64::MAX, i64::MIN),
        nested: Some(Some(None)),
        by_number: BTreeMap::from([((1, 'é'), vec![Shape::Point]), ((2, '"'), vec![])]),
        by_shape: HashMap::from([(Shape::Point, ()), (Shape::Circle(2), ())]),
        by_text: HashMap::from([("a".to_owned(), None), (String::new(), Some(-1))]),
        set: HashSet::from([1, 2, 3, 4, 5]),
        unit: (),
        text: "\"\\\u{0}\u{1f600}".to_owned(),
    }
}

fn kept<T: Serialize + DeserializeOwned + Debug>(value: &T) -> Result<Value, String> {
    Argument::<T>::default().encode(value)
}

#[test]
fn values_of_every_kind_are_read_back_as_they_were() {
    let data = kept(&everything()).unwrap();
    let read: Everything = Argument::default().decode(&data).unwrap();
    assert!(is_same(
        &format!("{read:?}"),
        &format!("{:?}", everything())
    ));
    assert_eq!(read.nested, Some(Some(None)));
    assert_eq!(read.shapes, everything().shapes);
    let bits = |value: &Everything| value.floats.iter().map(|f| f.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&read), bits(&everything()));
    assert_eq!(data.get("TimeOut"), Some(&json!({"secs": 5, "nanos": 7})));
}

#[test]
fn random_floats_are_read_back_to_the_bit() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..10_000 {
        let number = f64::from_bits(random.u64(..));
        let read: f64 = Argument::default().decode(&kept(&number).unwrap()).unwrap();
        assert!(read.to_bits() == number.to_bits() || (read.is_nan() && number.is_nan()));
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct OneWay {
    #[serde(rename(serialize = "a", deserialize = "b"))]
    name: u8,
}

#[test]
fn a_value_that_changes_on_the_way_is_refused() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Forgets {
        kept: u8,
        #[serde(skip)]
        lost: u8,
    }
    let value = Forgets { kept: 1, lost: 2 };
    let refused = kept(&value).unwrap_err();
    assert_eq!(value.lost, 2);
    assert!(
        refused.contains("is read as Forgets { kept: 1, lost: 0 }"),
        "{refused}"
    );

    let refused = kept(&OneWay { name: 1 }).unwrap_err();
    assert!(
        refused.contains("which is refused: missing field `b`"),
        "{refused}"
    );
}

#[test]
fn a_type_without_serde_compiles_and_says_what_it_lacks() {
    #[derive(Debug)]
    struct Plain;
    #[derive(Debug, Serialize)]
    struct HalfWay;
    for refused in [
        (&Argument::<Vec<Plain>>::default()).encode(&vec![Plain]),
        (&Argument::<Option<HalfWay>>::default())
            .encode(&Some(HalfWay))
            .map(|_| Value::Null),
    ] {
        let refused = refused.unwrap_err();
        assert!(
            refused.contains("#[derive(Serialize, Deserialize)]"),
            "{refused}"
        );
    }
    assert_eq!(Argument::<u8>::default().encode(&7), Ok(json!(7)));
}

#[test]
fn a_call_that_does_not_fit_says_what_it_is_about() {
    let data = json!({"rename": {"id": 0, "extra": 1}});
    let (method, inner) = named(&data).unwrap();
    let mut arguments = Arguments::new(method, inner).unwrap();
    let byte = |data: &Value| Argument::<u8>::default().decode(data);
    assert_eq!(arguments.take("id", byte), Ok(0));
    let missing = arguments.take("name", byte).unwrap_err();
    assert_eq!(missing, "`rename` has no argument `name` here");
    assert_eq!(
        arguments.finish().unwrap_err(),
        "`rename` takes no argument `extra`"
    );
    assert!(named(&json!({"a": 1, "b": 2})).is_err());
    assert!(Arguments::new("a", &json!([])).is_err());
    let wrong = Arguments::new("a", &json!({"id": "x"}))
        .unwrap()
        .take("id", byte);
    assert!(
        wrong
            .unwrap_err()
            .starts_with("argument `id` of `a`: invalid type")
    );
}
