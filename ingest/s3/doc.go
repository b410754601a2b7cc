// Package s3 reads logs from S3: those that a queue of notifications names, as
// they come (queue.go), and those that a bucket already holds, by listing it
// once (backfill.go). Both hand the same kind of job to the same few downloads.
//
// A message is deleted when every object in it is settled, that is durable at
// every sink or in quarantine, and never before. While it is worked on it is
// kept invisible for others; when Burstwatch stops it is given back at once.
// custody.go does that for all messages in flight, longer than Run lasts, since
// objects settle after it has returned. SQS delivers a message twice now and
// then, and a receipt is good until the next one is given out, so a message that
// comes again while it is here only brings a newer receipt.
//
// What fails is tried again after a pause that grows. Whose fault it is decides
// what then (failure.go): a permission that is missing, credentials, a throttled
// or unreachable AWS cost nothing but time; an object that is gone, or whose
// reading fails for a reason of its own, goes to quarantine after max_tries, with the
// notification in its place. SQS forgets messages after some days, so that
// quarantine_after does the same for every failure that lasts.
//
// A download (download.go) knows its length and its ETag. A body that ends
// early is read on from there by a range of the same ETag; what is a different
// object by now is begun anew. All downloads share one memory (chunks.go).
//
// Delivery ids are made of bucket, key and ETag, not of the version: a listing
// does not tell versions, and the same bytes written again are the same records.
//
// It imports ingest, ingest/awskey and internal/. The catalogue offers it.
package s3
