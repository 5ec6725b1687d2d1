package org.safety4j.core.chat;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Hands a body over to the calling thread, one delivery at a time, so that the caller can wait with
 * a limit and the sender cannot run ahead.
 */
final class BodyQueue implements BodySubscriber<BodyQueue>, AutoCloseable {
  /** A piece of the body, its end (null bytes, null failure), or what broke it. */
  record Delivery(List<ByteBuffer> bytes, Throwable failure) {}

  private final BlockingQueue<Delivery> queue = new LinkedBlockingQueue<>();
  private volatile Flow.Subscription subscription;
  private volatile boolean closed;

  @Override
  public CompletionStage<BodyQueue> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription value) {
    subscription = value;
    if (closed) {
      value.cancel();
    } else {
      value.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    queue.add(new Delivery(bytes, null));
  }

  @Override
  public void onError(Throwable failure) {
    queue.add(new Delivery(null, failure));
  }

  @Override
  public void onComplete() {
    queue.add(new Delivery(null, null));
  }

  /** Returns the next piece; null at the body's end, empty if nothing came in time. */
  List<ByteBuffer> next(long nanos) throws IOException {
    Delivery delivery;
    try {
      delivery = queue.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw Deadline.interrupted(e);
    }
    if (delivery == null) {
      return List.of();
    }
    if (delivery.failure() != null) {
      throw new IOException(delivery.failure().getMessage(), delivery.failure());
    }
    if (delivery.bytes() != null) {
      subscription.request(1);
    }
    return delivery.bytes();
  }

  /** Ends the exchange; a body that is not read to its end closes the connection. */
  @Override
  public void close() {
    closed = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
