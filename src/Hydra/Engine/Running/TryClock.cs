namespace Hydra.Engine.Running;

/// <summary>
/// The time that one try of a step may take: it fires the token of the body, and lets go of one that ignores it.
/// </summary>
/// <param name="activation">Whose step it is.</param>
/// <param name="time">Tells the time.</param>
/// <param name="limit">How long the try may take.</param>
/// <param name="tokens">The token of the body.</param>
/// <param name="letGo">Lets go of the body.</param>
internal sealed class TryClock(
    Activation activation,
    TimeProvider time,
    TimeSpan limit,
    CancellationTokenSource tokens,
    Action<TimeoutException> letGo) : IDisposable
{
    /// <summary>
    /// How long after its timeout a body that ignores its token is waited for before the next try begins.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private ITimer? _timer; // Fields, so that whoever keeps this keeps them.
    private ITimer? _grace;

    /// <summary>Whether the time is up.</summary>
    public bool HasRunOut { get; private set; }

    /// <summary>Lets the time run, unless it does already.</summary>
    public void Start()
    {
        if (_timer is not null)
        {
            return;
        }

        _timer = time.CreateTimer(
            _ =>
            {
                HasRunOut = true;
                activation.CancelLater(tokens);
            },
            null,
            limit,
            Timeout.InfiniteTimeSpan);
        // From a timer, because a body that blocks its thread comes back to nobody.
        _grace = time.CreateTimer(
            _ => letGo(new TimeoutException(
                $"The step did not end within {limit}, nor within {Grace} after that.")),
            null,
            limit + Grace,
            Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _grace?.Dispose();
    }
}
