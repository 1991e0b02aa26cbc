//! Esker's own broker keys.

use super::*;

keys! { Broker:
    /// Where closed segments go: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:path. The tier is on exactly when this is set.
    "esker.tier.url": String = null, High, ReadOnly, None, Honoured, non_empty();
    /// Whether a new topic is tiered when its creator does not say; internal and compacted topics never are.
    "esker.tier.topics.default": Boolean = "false", High, ReadOnly, None, Honoured, any();
    /// Address of the S3 service, http://host:port; AWS_ENDPOINT_URL where not set.
    "esker.tier.s3.endpoint": String = null, Medium, ReadOnly, None, Honoured, non_empty();
    /// Region of the bucket; AWS_REGION where not set.
    "esker.tier.s3.region": String = null, Medium, ReadOnly, None, Honoured, non_empty();
    /// Access key id; the usual chain of AWS credentials where not set.
    "esker.tier.s3.access.key.id": String = null, Medium, ReadOnly, None, Honoured, non_empty();
    /// Secret of that access key.
    "esker.tier.s3.secret.access.key": Password = null, Medium, ReadOnly, None, Honoured, any();
    /// Session token that belongs to that access key.
    "esker.tier.s3.session.token": Password = null, Low, ReadOnly, None, Honoured, any();
    /// Whether the bucket stands in the path instead of the host name; true where an endpoint is given and this is not.
    "esker.tier.s3.path.style": Boolean = null, Low, ReadOnly, None, Honoured, any();
    /// Whether plain HTTP may be spoken; AWS_ALLOW_HTTP where not set.
    "esker.tier.s3.allow.http": Boolean = null, Low, ReadOnly, None, Honoured, any();
    /// Checksum that is sent with each object.
    "esker.tier.s3.checksum": String = "none", Low, ReadOnly, None, Honoured, one_of(&["none", "sha256"]);
    /// Whether requests are signed without a digest of their body, which costs more than all the rest of an upload; where not set, over HTTPS.
    "esker.tier.s3.unsigned.payload": Boolean = null, Low, ReadOnly, None, Honoured, any();
    /// Directory of the cache of tiered data; may be deleted at any time. Not set, the cache is in memory only.
    "esker.tier.cache.dir": String = null, Medium, ReadOnly, None, Honoured, non_empty();
    /// Memory for the cache of tiered data.
    "esker.tier.cache.memory.bytes": Long = "134217728", Medium, ReadOnly, Bytes, Honoured, at_least(1048576);
    /// Disk space for the cache of tiered data.
    "esker.tier.cache.disk.bytes": Long = "1073741824", Medium, ReadOnly, Bytes, Honoured, at_least(67108864);
    /// Whether the cache on the disk bypasses the page cache, which then stays with the newest part; without effect where the file system cannot.
    "esker.tier.cache.direct.io": Boolean = "true", Low, ReadOnly, None, Honoured, any();
    /// Uploads of one partition at once.
    "esker.tier.upload.parallelism": Int = "4", Medium, ReadOnly, None, Honoured, between(1, 64);
    /// Memory for the parts of objects that are being sent, all uploads together. A part has as much at most, and never more than 64 MiB.
    "esker.tier.upload.buffer.bytes": Long = "67108864", Medium, ReadOnly, Bytes, Honoured, at_least(8388608);
    /// Requests that wait for the store's answer at once, for cold reads; uploads and 32 others share the bound.
    "esker.tier.read.parallelism": Int = "16", Medium, ReadOnly, None, Honoured, between(1, 1024);
    /// Memory for cold reads under way, all consumers together.
    "esker.tier.read.budget.bytes": Long = "67108864", Medium, ReadOnly, Bytes, Honoured, at_least(16777216);
    /// Most bytes that are read ahead of one sequential reader; 0 reads nothing ahead.
    "esker.tier.read.ahead.max.bytes": Long = "16777216", Medium, ReadOnly, Bytes, Honoured, at_least(0);
    /// How often committed offsets are written to the bucket where they have changed, so that a rebuilt cluster's groups go on from there; very many of them less often.
    "esker.tier.group.offsets.interval.ms": Long = "60000", Medium, ReadOnly, Millis, Honoured, at_least(1000);
    /// In how long a leader reads and checks everything that a partition has in the bucket, once; -1 checks nothing unasked.
    "esker.tier.scrub.interval.ms": Long = "604800000", Low, ReadOnly, Millis, Honoured, at_least(-1);
    /// Bound on the bytes that those checks read, all partitions together.
    "esker.tier.scrub.bytes.per.second": Long = "4194304", Low, ReadOnly, BytesPerSecond, Honoured, at_least(1);
    /// What the provider asks for a GiB that is stored for a month. The defaults are list prices of S3 Standard in us-east-1 of the year 2025: compare them with your provider's.
    "esker.tier.price.storage.gib.month": Double = "0.023", Low, ReadOnly, None, Honoured, ratio(1000000.0);
    /// What it asks for 1,000 requests that write or list (class A).
    "esker.tier.price.class.a.thousand": Double = "0.005", Low, ReadOnly, None, Honoured, ratio(1000000.0);
    /// What it asks for 1,000 requests that read (class B).
    "esker.tier.price.class.b.thousand": Double = "4.0E-4", Low, ReadOnly, None, Honoured, ratio(1000000.0);
    /// What it asks for a GiB that leaves the bucket; nothing within a region of AWS, 0.09 to the Internet.
    "esker.tier.price.egress.gib": Double = "0.0", Low, ReadOnly, None, Honoured, ratio(1000000.0);
    /// In which currency; a word for people.
    "esker.tier.price.currency": String = "USD", Low, ReadOnly, None, Honoured, non_empty();
    /// The time from whose requests a month's cost is extrapolated.
    "esker.tier.price.window.ms": Long = "86400000", Low, ReadOnly, Millis, Honoured, at_least(60000);
    /// Address of /health, /ready, /metrics and /client-metrics, host:port; empty turns them off.
    "esker.http.listener": String = "127.0.0.1:9464", Medium, ReadOnly, None, Honoured, any();
    /// Whether clients may push their metrics (KIP-714), shown at /client-metrics. Kafka does so where metric.reporters names a class that takes them.
    "esker.client.telemetry.enable": Boolean = "false", Medium, ReadOnly, None, Honoured, any();
    /// Most values of clients' metrics that are kept, all clients together; a tenth of them may be one client's.
    "esker.client.telemetry.values.max": Int = "20000", Low, ReadOnly, None, Honoured, between(100, 1000000);
    /// How far produced batches are examined: full walks every record, header stops at the batch's header and checksum.
    "esker.produce.inspect": String = "full", Medium, ReadOnly, None, Honoured, one_of(&["full", "header"]);
    /// Memory for requests in hand, all connections together; a larger request is admitted alone.
    "esker.request.memory.bytes": Long = "67108864", Medium, ReadOnly, Bytes, Honoured, at_least(1048576);
    /// Memory for groups, their members and offsets, about; beyond it nothing new is taken in, and what is there grows by an eighth at most.
    "esker.groups.memory.bytes": Long = "536870912", Medium, ReadOnly, Bytes, Honoured, at_least(1048576);
    /// Memory maps that the indexes of closed segments may hold at once.
    "esker.log.map.budget": Int = "16384", Low, ReadOnly, None, Honoured, at_least(16);
    /// Free bytes of a log directory's disk below which the oldest local segments that are in the tier go, whatever their topics may keep; at most a tenth of the disk.
    "esker.disk.free.low.bytes": Long = "8589934592", Medium, ReadOnly, Bytes, Honoured, at_least(0);
    /// Free bytes of a log directory's disk below which records of clients are refused, to be sent again later; at most a twentieth of the disk.
    "esker.disk.free.min.bytes": Long = "1073741824", Medium, ReadOnly, Bytes, Honoured, at_least(0);
    /// Threads for reads and syncs that wait for a disk.
    "esker.disk.threads": Int = "8", Medium, ReadOnly, None, Honoured, between(1, 256);
}
