namespace Hydra.Testing;

/// <summary>A point in the middle of a store call that a test can see: where the store calls back.</summary>
internal sealed class Gate(bool halts) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // A hang fails the test.

    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _opened = new(!halts);

    /// <summary>Called where the store calls back.</summary>
    public void Pass()
    {
        _reached.Set();
        if (!_opened.Wait(Patience))
        {
            throw new TimeoutException("The gate was never opened.");
        }
    }

    /// <summary>Waits until the call has come to the gate; one that ends without passing it fails the test.</summary>
    public void AwaitReached(Task call)
    {
        for (var since = Environment.TickCount64; !_reached.IsSet && !call.IsCompleted; Thread.Yield())
        {
            Assert.True(
                Environment.TickCount64 - since < Patience.TotalMilliseconds,
                "A call came neither to its gate nor to its end.");
        }

        Assert.True(
            _reached.IsSet,
            $"The call that was to halt in its middle has ended without coming to its gate. {call.Exception}");
    }

    public void Open() => _opened.Set();

    public void Dispose()
    {
        _reached.Dispose();
        _opened.Dispose();
    }
}
