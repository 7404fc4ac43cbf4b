using Hydra.PostgreSql.Connections;
using Hydra.PostgreSql.Sql;

namespace Hydra.PostgreSql.Waking;

/// <summary>Tells other processes that something is due, after the commit and off the path of writes.</summary>
/// <remarks>
/// NOTIFY takes a lock of the whole cluster when it commits, so it gets a transaction of its own, and what happens
/// while one is sent goes into the next, with a pause between. What cannot be told is found by polling.
/// </remarks>
internal sealed class Notifier(Database database, string self) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string _channel = Channel.Name(database.Schema, database.Namespace);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _sending = Task.CompletedTask;
    private bool _wanted;

    public void Tell()
    {
        lock (_lock)
        {
            _wanted = true;
            if (_sending.IsCompleted && !_stopping.IsCancellationRequested)
            {
                _sending = Task.Run(SendAsync);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task sending;
        lock (_lock)
        {
            _stopping.Cancel();
            sending = _sending;
        }

        await sending;
    }

    private async Task SendAsync()
    {
        while (TakeWish())
        {
            try
            {
                await database.RunAsync(async exchange =>
                {
                    exchange.Add(PostgreSqlSql.Notify).Bind(_channel).Bind(self);
                    await exchange.SendAsync();
                    await exchange.EndAsync();
                    return true;
                });
                await Task.Delay(Pause, _stopping.Token);
            }
            catch (Exception)
            {
                // Nothing depends on it, whatever the driver or a program's data source throws.
            }
        }
    }

    private bool TakeWish()
    {
        lock (_lock)
        {
            var wanted = _wanted;
            _wanted = false;
            if (!wanted)
            {
                _sending = Task.CompletedTask; // Under the lock, so that no wish comes between.
            }

            return wanted;
        }
    }
}
