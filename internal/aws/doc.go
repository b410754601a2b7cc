// Package aws makes every AWS client of the program: one place for regions,
// roles, retries, rate limits and for saying what went wrong.
//
// A source or sink embeds [Options] in its own options, and gets a [Session] from the
// process's [Pool]:
//
//	session, err := aws.PoolOf(env).Session(ctx, options.Options)
//	queue := session.SQS()
//
// Credentials: the SDK's own chain (environment, profile, container, instance),
// then any number of roles, each assumed with the credentials of the one before. Sessions of
// the same options share one cache of credentials; they are renewed minutes
// before they end, and at once when AWS calls them expired.
//
// Retries and rates: attempts are repeated with jitter, and each operation of a
// service has one limiter for all sessions of the same account and region,
// because that is what AWS counts. It slows down when AWS throttles and speeds
// up again; [Session.Limit] sets a quota that is known beforehand. When attempts
// are used up the error comes back, and the source or the pipeline decides.
//
// Errors: every error of a client holds an [Error], which says in one sentence
// who may not do what on which resource of which account, and [KindOf] tells
// code what to do. [Explain] takes off what the SDK wraps around it.
//
// Connections: one that says nothing for [Options.Timeout] is given up, bodies
// of objects included; the SDK alone would wait for ever.
//
// It imports internal/plugin. Sources and sinks of AWS call it, and
// `burstwatch validate --connect` through them.
package aws
