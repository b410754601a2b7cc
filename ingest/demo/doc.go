// Package demo makes the logs of a made-up VFX studio in the shapes in which AWS
// delivers them, and tells a story in them. It is the source of `burstwatch
// demo` ([Spec]), writes folders as a log bucket would hold them ([Write]), and
// so feeds the tests and the benchmarks with data that may be published.
//
// Four accounts, three productions of tiers 1 to 3, a day's and a night's work:
// people who sign in and look around, fleets that start, read, render and stop,
// services that do what services do. All of it is invented and the same for the
// same seed, byte by byte. The studio (names, ids of keys, networks and roles)
// and the story are the same for every seed; what a record is called, how much
// flows and who does what of the daily work are not.
//
// # The story
//
// It happens once, on the first day, at these times after its begin. [Story]
// gives it as data, with the number of records of each beat (here before the
// title), and [Summary] names the event ids. A near miss looks like a violation
// of the same control and is none. (*) marks what only studio.yaml tells from
// daily work.
//
//	02:10  near miss  root-by-service              1.5 1.7         2  A service of AWS acts where the root user would
//	03:05  violation  root-use                     1.5 1.7         3  The root user of halo-prod signs in and looks around
//	08:20  near miss  login-with-mfa               1.5             1  An IAM user signs in to the console with a second factor
//	08:25  near miss  login-by-sso                 1.5             6  A person signs in by Identity Center: the console says MFAUsed No
//	08:31  near miss  login-failed                 1.5             1  A sign-in without second factor fails
//	08:40  violation  login-without-mfa            1.5             1  An IAM user signs in to the console without a second factor
//	09:02  HEADLINE   two-places                   1.3            25  Ada is in London and in Singapore at once (*)
//	09:30  near miss  vpn-exit-change              1.3             6  Noor's VPN leaves by Vancouver for some minutes (*)
//	09:45  near miss  both-protocols               1.3             6  Oskar's device calls by IPv4 and IPv6 in turn
//	10:05  near miss  cloud-desktop                1.3            12  Priya works in Vancouver and on a cloud desktop in Virginia (*)
//	10:20  near miss  cloudshell                   1.3             5  Quinn opens CloudShell: its calls come from AWS
//	10:40  near miss  from-home                    1.3            16  Rosa signs in at home, then by the VPN (*)
//	10:55  near miss  service-for-person           1.3             4  CloudFormation calls with Rosa's session
//	11:05  near miss  key-metadata-denied          9.2             4  The console asks for a key's metadata and is refused
//	11:15  near miss  autoscaling-grant            9.2             2  Autoscaling makes a grant for the volumes it starts
//	11:25  near miss  volume-key-by-ebs            9.2             4  EBS uses SABLE's volume key for a node that starts
//	11:30  near miss  bucket-key                   9.2             2  S3 uses SABLE's content key for a bucket key
//	11:40  near miss  disaster-recovery            9.2             3  The disaster recovery role opens content, in its window (*)
//	12:10  violation  security-group-opened        2.1             2  SABLE's security group is opened to the world for SSH
//	12:14  violation  internet-gateway-attached    2.2             2  An internet gateway is attached to SABLE's content network
//	12:17  violation  route-to-internet            2.2 2.3         1  SABLE's render subnets get a default route to the internet
//	12:30  HEADLINE   egress                       2.2            12  A render node of SABLE sends to a host on the internet (*)
//	13:05  near miss  egress-by-endpoint           2.2             6  The same node sends more than that to S3, by the gateway endpoint (*)
//	13:12  near miss  public-time                  2.2             4  Two render nodes ask a public time server (*)
//	13:20  near miss  egress-refused               2.2             3  A render node tries the internet and is refused
//	13:25  near miss  late-reply                   2.2             1  A node's answer to the monitoring in London comes late and alone (*)
//	13:30  near miss  gap                          8.1             1  An interface's rows of a minute were not kept
//	14:02  HEADLINE   key-of-another-production    9.1 9.2        16  SABLE's content key used by HALO's render role (*)
//	14:20  HEADLINE   key-disabled                 9.4             1  EMBER's content key is disabled while the show runs
//	14:25  HEADLINE   key-deletion                 9.4             1  HALO's content key is scheduled for deletion
//	14:31  near miss  key-deletion-cancelled       9.4             3  The deletion is cancelled and both keys are enabled
//	14:40  violation  key-admin-uses-key           9.3             1  A key administrator opens content (*)
//	14:45  near miss  key-rotation-looked-at       9.4 9.5         4  An analyst reads keys, policies and rotation
//	15:10  violation  segment-crossed              2.3 2.4 2.6     2  A node of EMBER (tier 3) reaches a file server of SABLE (tier 1) (*)
//	15:15  near miss  segment-refused              2.3 2.4 2.6     2  A node of EMBER tries a file server of SABLE and is refused
//	15:25  violation  ssh-from-desk                4.1             2  Somebody's desk in London reaches a render node by SSH (*)
//	15:28  near miss  ssh-from-bastion             4.1             2  The bastion reaches a render node by SSH (*)
//	15:32  near miss  session-on-node              4.1             2  A session on a render node reads its log and asks for its name; the transcript comes
//	15:40  violation  logging-stopped              8.1             1  The trail of halo-prod is stopped
//	15:43  near miss  logging-looked-at            8.1             4  Somebody reads the trail's state and starts it again
//	15:50  violation  trail-excludes-keys          8.1 9.4         1  The trail of halo-prod now excludes KMS
//	16:00  violation  flow-logs-deleted            8.1             1  HALO's flow log is deleted
//	16:04  near miss  flow-logs-created            8.1             1  CloudFormation creates HALO's flow log again
//	16:14  near miss  security-group-office        2.1             1  A security group is opened to the London office
//	16:17  near miss  security-group-closed        2.1             1  The rule that opened SABLE's group is revoked
//	16:20  near miss  internet-gateway-management  2.2             1  CloudFormation attaches an internet gateway to a management network (*)
//	16:24  near miss  internet-gateway-detached    2.2             1  The internet gateway is detached from SABLE's content network
//	16:30  violation  bucket-public                5.3             1  EMBER's output bucket is opened to everybody by its policy
//	16:34  near miss  bucket-policy-denies         5.3             1  A bucket policy denies everybody who comes without TLS
//	16:36  near miss  bucket-policy-own            5.3             1  A bucket policy admits another account of the studio (*)
//	16:40  violation  public-block-removed         5.3             1  A bucket's block of public access is removed
//	16:43  near miss  public-block-set             5.3             1  The block of public access is set again
//	16:50  violation  user-created                 7.2 3.1 5.1     3  An IAM user is created, made administrator and given an access key
//	16:55  near miss  users-looked-at              7.2 3.1         5  Somebody reads users, keys and the credential report
//	17:00  violation  guardduty-off                8.1 1.3         1  GuardDuty's detector in halo-prod is switched off
//	17:04  near miss  guardduty-looked-at          8.1             3  Somebody reads GuardDuty's detector and findings
//	17:10  violation  mfa-device-removed           1.5             1  A user's second factor is removed
//	17:20  violation  snapshot-shared              5.3             1  A snapshot of HALO is shared with an account outside
//	17:24  near miss  snapshot-shared-inside       5.3             1  A snapshot of HALO is shared with shared-services (*)
//	17:30  violation  image-unapproved             4.2 10.8        1  An instance of an image that nobody approved is started (*)
//	17:36  violation  credentials-in-session       4.1 5.3         2  In a session a render node is asked for its role's credentials
//	17:40  violation  stolen-credentials           1.3             5  A render node's credentials are used from the internet
//	17:45  near miss  credentials-by-nat           1.3             4  An instance calls by endpoint and by NAT gateway
//	17:50  violation  assets-read-by-node          5.1 5.3         3  A render node reads the asset repository itself (*)
//	18:00  violation  volume-encryption-off        4.2             1  Encryption of new volumes is switched off in halo-prod
//	18:10  violation  session-recording-off        4.1             1  Session Manager's preferences no longer record sessions
//	18:14  near miss  document-updated             4.1             1  Another document of Systems Manager is updated
//	18:20  violation  session-without-transcript   4.1 8.1         2  Jonas opens a session on a node of HALO, and no transcript comes
//	18:30  violation  config-stopped               8.1             1  AWS Config stops recording in halo-prod
//	18:33  near miss  config-looked-at             8.1             3  AWS Config is read and started again
//
// What the story knows of sessions is told where transcripts are asked for
// ([WriteOptions].Sessions, and live). Every session that daily work opens leaves
// a transcript too, as Session Manager writes it to a bucket: plain, one object a
// session, named by it. Its CloudTrail records stand in files of their own, so
// that all other files are the same with sessions and without.
//
// Daily work has near misses of its own: S3 uses content keys in the name of
// the sync role, EBS uses volume keys for nodes that start, nodes answer the
// monitoring's questions, public addresses are refused at the bastion and at
// the NAT gateway, which itself fetches packages, people are refused here and
// there, federated sign-ins say MFAUsed No, keys are rotated, services assume
// their roles by the dozen. Nothing in daily work is a violation.
//
// # Quiet days
//
// [WriteOptions].Quiet writes the same work without a violation: on every day
// the near misses happen, a telephone by a mobile network, licence servers and
// a market without capacity beside them. Nothing in it is worth a look.
//
// # Live
//
// The source tells the studio's last hour in the first minute, with the story
// spread over it, then goes on in real time; one beat of the story happens again
// every minute and a half. It keeps no state: a restart begins another run.
//
// # Adding a dataset
//
// A dataset is a [series]: one file beside trail.go, flows.go and sessions.go, one
// line in newSeries, one share in shares, and beats that use it. Shapes of records stand
// in a package of their own below this one, as cloudtrail and vpcflow do; the
// studio itself is in studio.
//
// The package imports ingest, internal/event and internal/plugin; cmd's
// catalogue, the demo command and the benchmarks call it.
package demo
