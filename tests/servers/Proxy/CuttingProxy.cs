using System.Net;
using System.Net.Sockets;

namespace Hydra.Tests.Servers;

/// <summary>Stands between a store and a server, and cuts connections where a test says.</summary>
/// <remarks>
/// So it can lose the answer to a COMMIT that has taken effect, or a COMMIT that never arrives. What the messages of a
/// database mean is known to its <see cref="Dialogue"/>.
/// </remarks>
internal abstract class CuttingProxy(string host, int port) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private TcpListener? _listener; // From the start on.
    private Task _accepting = Task.CompletedTask;
    private int _cutAnswers;

    /// <summary>Where it listens. The default is a free port of this machine.</summary>
    public IPEndPoint At { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>
    /// Only connections over which a text with this in it has been executed are judged. By default all are.
    /// </summary>
    public string After { get; init; } = "";

    /// <summary>Judges what a client has executed, by its text. Called from several threads.</summary>
    public Func<string, Fate> OnExecute { get; set; } = static _ => Fate.Pass;

    /// <summary>
    /// Judges the last message of an answer, by what the dialogue tells of it: it has taken effect. Called from several
    /// threads.
    /// </summary>
    public Func<string, Fate> OnComplete { get; set; } = static _ => Fate.Pass;

    /// <summary>How many answers that had come from the server were dropped, and their connections with them.</summary>
    public int CutAnswers => Volatile.Read(ref _cutAnswers);

    /// <summary>Hears what the server tells besides answers, such as plans. Called from several threads.</summary>
    public Action<string> OnNotice { get; set; } = static _ => { };

    /// <summary>The server's connection string, with the proxy in its place.</summary>
    public abstract string ConnectionString { get; }

    protected int Port => ((IPEndPoint)_listener!.LocalEndpoint).Port;

    public void Start()
    {
        _listener = new TcpListener(At);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    /// <summary>Whether what a client has executed, or what an answer tells to be complete, is a COMMIT.</summary>
    public abstract bool Commits(string text);

    /// <summary>Whether what a client has executed asks for rows, and perhaps more.</summary>
    public abstract bool Reads(string text);

    /// <summary>Begins to listen to a connection.</summary>
    protected abstract Dialogue Listen();

    private async Task AcceptAsync(TcpListener listener)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptSocketAsync(_stopping.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        using (client)
        {
            try
            {
                await server.ConnectAsync(host, port, _stopping.Token);
                await using var clientStream = new NetworkStream(client);
                await using var serverStream = new NetworkStream(server);
                var dialogue = Listen();
                await Task.WhenAny(
                    PumpRequestsAsync(dialogue, clientStream, serverStream),
                    PumpAnswersAsync(dialogue, serverStream, clientStream));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody is there any more.
            }

            Reset(client);
            Reset(server);
        }
    }

    private async Task PumpRequestsAsync(Dialogue dialogue, Stream client, Stream server)
    {
        using var reader = new BufferedStream(client);
        while (await TryAsync(() => dialogue.ReadRequestAsync(reader, _stopping.Token)) is { } message)
        {
            var fate = Fate.Pass;
            if (dialogue.Executed(message) is { } statement)
            {
                dialogue.IsJudged |= statement.Contains(After, StringComparison.Ordinal);
                fate = dialogue.IsJudged ? OnExecute(statement) : Fate.Pass;
            }

            if (!await PassAsync(message, server, fate))
            {
                return;
            }
        }
    }

    private async Task PumpAnswersAsync(Dialogue dialogue, Stream server, Stream client)
    {
        using var reader = new BufferedStream(server);
        while (await TryAsync(() => dialogue.ReadAnswerAsync(reader, _stopping.Token)) is { } message)
        {
            if (dialogue.Noticed(message) is { } notice)
            {
                OnNotice(notice);
            }

            var fate = dialogue.Completed(message) is { } completed && dialogue.IsJudged
                ? OnComplete(completed)
                : Fate.Pass;
            if (fate == Fate.Cut)
            {
                Interlocked.Increment(ref _cutAnswers);
            }

            if (!await PassAsync(message, client, fate))
            {
                return;
            }
        }
    }

    /// <returns>Whether to go on.</returns>
    private async Task<bool> PassAsync(byte[] message, Stream to, Fate fate)
    {
        switch (fate)
        {
            case Fate.Cut:
                return false;
            case Fate.Swallow:
                await Task.Delay(Timeout.Infinite, _stopping.Token).ContinueWith(
                    static _ => { }, TaskScheduler.Default);
                return false;
            default:
                return await TryAsync(async () =>
                {
                    await to.WriteAsync(message, _stopping.Token);
                    return message;
                }) is not null;
        }
    }

    /// <returns>Null when the connection is over, as when a stream ends.</returns>
    private static async Task<byte[]?> TryAsync(Func<Task<byte[]>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0); // Closing sends RST.
        socket.Close();
    }
}
