package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// once runs f with a client made for it alone.
func once(f func(context.Context, *kafka.Client, Options) error) func(context.Context, plugin.Env, any) error {
	return func(ctx context.Context, _ plugin.Env, options any) error {
		o, ok := options.(*Options)
		if !ok {
			return fmt.Errorf("kafka: options are a %T", options)
		}
		t, err := newTransport(*o)
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		defer t.CloseIdleConnections()
		return f(ctx, &kafka.Client{Addr: kafka.TCP(o.Servers...), Timeout: o.Timeout, Transport: t}, *o)
	}
}

// topics are those that the sink writes to.
func (o Options) topics() []string {
	if o.AlertTopic == "" || o.AlertTopic == o.Topic {
		return []string{o.Topic}
	}
	return []string{o.Topic, o.AlertTopic}
}

// setup makes the topics that do not exist.
func setup(ctx context.Context, c *kafka.Client, o Options) error {
	r := &kafka.CreateTopicsRequest{}
	for _, topic := range o.topics() {
		r.Topics = append(r.Topics, kafka.TopicConfig{Topic: topic, NumPartitions: o.Partitions, ReplicationFactor: o.Replicas})
	}
	res, err := c.CreateTopics(ctx, r)
	if err != nil {
		return fmt.Errorf("make topics: %w", err)
	}
	var faults []error
	for topic, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			faults = append(faults, fmt.Errorf("make topic %s: %w", topic, err))
		}
	}
	return errors.Join(faults...)
}

// check asks for the topics.
func check(ctx context.Context, c *kafka.Client, o Options) error {
	res, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: o.topics()})
	if err != nil {
		return fmt.Errorf("ask the brokers for topics: %w", err)
	}
	var faults []error
	for _, t := range res.Topics {
		if t.Error != nil {
			faults = append(faults, fmt.Errorf("topic %s: %w", t.Name, t.Error))
		}
	}
	return errors.Join(faults...)
}
