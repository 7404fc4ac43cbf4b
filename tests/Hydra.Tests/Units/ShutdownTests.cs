using Hydra.Engine;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>How long a shutdown waits, and what it makes of what ends in the very moment.</summary>
public sealed class ShutdownTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _closing = new();
    private readonly Postponed _context = new();

    [Fact]
    public async Task What_does_not_end_in_time_is_left_behind()
    {
        var closed = Begin();

        _time.Advance(Grace + TimeSpan.FromSeconds(2));
        _context.Run();

        Assert.False(await closed);
    }

    [Fact]
    public async Task What_ends_as_its_time_runs_out_has_ended()
    {
        var closed = Begin();

        _time.Advance(Grace + TimeSpan.FromSeconds(2)); // The wait is over, and nobody has been told yet.
        _closing.SetResult();
        _context.Run();

        Assert.True(await closed);
    }

    [Fact]
    public async Task What_fails_as_its_time_runs_out_has_failed()
    {
        var closed = Begin();

        _time.Advance(Grace + TimeSpan.FromSeconds(2));
        _closing.SetException(new InvalidOperationException("the disk"));
        _context.Run();

        Assert.Equal("the disk", (await Assert.ThrowsAsync<InvalidOperationException>(() => closed)).Message);
    }

    private Task<bool> Begin()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            return new Shutdown(_time, Grace).WaitForCloseAsync(_closing.Task);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Keeps what goes on after a wait until it is told to run it.</summary>
    private sealed class Postponed : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _posts = [];

        public override void Post(SendOrPostCallback d, object? state) => _posts.Enqueue((d, state));

        public void Run()
        {
            while (_posts.TryDequeue(out var post))
            {
                post.Callback(post.State);
            }
        }
    }
}
