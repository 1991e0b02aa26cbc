//! `esker tier cost`: what each topic costs a month, as far as the bucket alone tells.

use super::failure::Failure;
use super::place::Place;
use super::table;
use esker_tiering::bucket::{BucketCluster, BucketError, BucketTopic, Growth};
use esker_tiering::cost::Prices;
use serde_json::{Value, json};
use std::io::Write;
use std::ops::AddAssign;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// What is shown.
#[derive(Debug, clap::Args)]
pub struct Cost {
    /// Show this topic alone.
    topic: Option<String>,
    /// The last days from whose uploads a month is extrapolated.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

/// Of a topic, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) partitions: u64,
    pub(super) objects: u64,
    pub(super) bytes: u64,
    pub(super) storage: f64,
    /// Of partitions whose timestamps tell it.
    pub(super) objects_per_day: f64,
    pub(super) bytes_per_day: f64,
    pub(super) uploads: f64,
    /// Partitions whose timestamps do not.
    pub(super) undated: u64,
    /// Partitions whose manifest cannot be read.
    pub(super) unreadable: u64,
}

impl AddAssign<&Sum> for Sum {
    fn add_assign(&mut self, other: &Sum) {
        self.partitions += other.partitions;
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.storage += other.storage;
        self.objects_per_day += other.objects_per_day;
        self.bytes_per_day += other.bytes_per_day;
        self.uploads += other.uploads;
        self.undated += other.undated;
        self.unreadable += other.unreadable;
    }
}

impl Sum {
    /// Takes in a partition.
    pub(super) fn take(&mut self, growth: &Growth, prices: &Prices) {
        self.objects += growth.objects;
        self.bytes += growth.bytes;
        self.storage += prices.storage(growth.bytes);
        let Some(uploads) = growth.uploads else {
            self.undated += u64::from(growth.objects > 0);
            return;
        };
        let days = uploads.period.as_secs_f64() / DAY.as_secs_f64();
        self.objects_per_day += uploads.objects as f64 / days;
        self.bytes_per_day += uploads.bytes as f64 / days;
        self.uploads += uploads.usage.per_month(uploads.period, prices).sum();
    }

    fn total(&self) -> f64 {
        self.storage + self.uploads
    }

    fn json(&self) -> Value {
        json!({
            "partitions": self.partitions, "objects": self.objects, "bytes": self.bytes, "objects_per_day": self.objects_per_day,
            "bytes_per_day": self.bytes_per_day, "storage_per_month": self.storage, "uploads_per_month": self.uploads,
            "total_per_month": self.total(), "undated_partitions": self.undated, "unreadable_partitions": self.unreadable,
        })
    }

    /// The cells behind the name. What the timestamps do not tell of any partition is a question mark, and of some of them at least.
    fn row(&self) -> Vec<String> {
        let least = |text: String| if self.undated > 0 { format!("{text}+") } else { text };
        let told = |text: String| {
            if self.undated == self.partitions && self.undated > 0 { "?".to_owned() } else { least(text) }
        };
        vec![
            self.partitions.to_string(),
            self.objects.to_string(),
            table::bytes(self.bytes),
            told(format!("{:.1}", self.objects_per_day)),
            told(table::bytes(self.bytes_per_day as u64)),
            money(self.storage),
            told(money(self.uploads)),
            least(money(self.total())),
        ]
    }
}

/// Two digits behind the point, or as many as show two that are not zero.
pub(super) fn money(value: f64) -> String {
    let digits = if value > 0.0 && value < 0.1 { ((-value.log10()).ceil() as usize + 1).min(8) } else { 2 };
    format!("{value:.digits$}")
}

/// Shows the costs; whether everything that was met could be read.
pub async fn run(options: &Cost, place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    let cluster = place.cluster().await?;
    let topics = match &options.topic {
        Some(name) => vec![place.topic(&cluster, name).await?],
        None => cluster.topics().await?,
    };
    let (mut all, mut rows) = (Sum::default(), Vec::new());
    for topic in topics {
        let sum = of_topic(options, place, &cluster, &topic).await?;
        all += &sum;
        rows.push((topic, sum));
    }
    if place.json {
        write_json(options, place, &cluster, &rows, &all, out)?
    } else {
        write_table(options, place, rows, &all, out)?
    }
    Ok(all.unreadable == 0)
}

async fn of_topic(options: &Cost, place: &Place, cluster: &BucketCluster, topic: &BucketTopic) -> Result<Sum, Failure> {
    let now_ms = place.env.clock.wall_ms();
    let since_ms = now_ms - i64::try_from((DAY * options.days).as_millis()).unwrap_or(i64::MAX);
    let mut sum = Sum { partitions: topic.partitions.len() as u64, ..Sum::default() };
    for partition in &topic.partitions {
        match cluster.partition(topic.id, &topic.label(), *partition).growth(since_ms, now_ms).await {
            Ok(growth) => sum.take(&growth.unwrap_or_default(), &place.prices),
            Err(BucketError::Store(error)) => return Err(BucketError::Store(error).into()),
            Err(_) => sum.unreadable += 1,
        }
    }
    Ok(sum)
}

fn write_json(
    options: &Cost,
    place: &Place,
    cluster: &BucketCluster,
    rows: &[(BucketTopic, Sum)],
    all: &Sum,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let topics = rows.iter().map(|(topic, sum)| {
        let mut one = sum.json();
        one["topic"] = json!(topic.name);
        one["id"] = json!(topic.id.to_string());
        one["is_deleted"] = json!(topic.is_deleted);
        one
    });
    let prices = json!({
        "storage_gib_month": place.prices.storage_gib_month, "class_a_thousand": place.prices.class_a_thousand,
        "class_b_thousand": place.prices.class_b_thousand, "egress_gib": place.prices.egress_gib,
    });
    let whole = json!({
        "cluster": cluster.id().as_str(), "currency": place.currency, "prices": prices, "days": options.days,
        "topics": topics.collect::<Vec<_>>(), "total": all.json(),
    });
    Ok(writeln!(out, "{whole}")?)
}

fn write_table(
    options: &Cost,
    place: &Place,
    topics: Vec<(BucketTopic, Sum)>,
    all: &Sum,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let named = |name: String, sum: &Sum| std::iter::once(name).chain(sum.row()).collect::<Vec<_>>();
    let mut rows: Vec<Vec<String>> = topics.iter().map(|(topic, sum)| named(topic.label(), sum)).collect();
    rows.push(named("(total)".to_owned(), all));
    let heading =
        ["TOPIC", "PARTITIONS", "OBJECTS", "STORED", "OBJECTS A DAY", "BYTES A DAY", "STORAGE", "UPLOADS", "A MONTH"];
    table::write(out, &heading, &rows)?;
    writeln!(
        out,
        "\n{} a month by esker.tier.price.*. Uploads as in the last {} days, by the records' timestamps. Not in the bucket, and so not \
         here: reads, retention, what waits for its deletion.",
        place.currency, options.days
    )?;
    if all.undated > 0 {
        writeln!(out, "Of {} partitions the timestamps do not tell when they were uploaded.", all.undated)?;
    }
    if all.unreadable > 0 {
        writeln!(out, "{} partitions cannot be read: see esker tier verify.", all.unreadable)?;
    }
    Ok(())
}
