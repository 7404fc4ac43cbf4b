using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Hydra.Stores.Tests;

/// <summary>Stands between the store and the server, and cuts connections where a test says.</summary>
/// <remarks>
/// It reads as much of PostgreSQL's protocol, version 3, as that takes: where messages begin and end, the statements
/// that a client executes and the tags of those that a server has completed
/// (https://www.postgresql.org/docs/15/protocol-message-formats.html). So it can lose the answer to a COMMIT that has
/// taken effect, or a COMMIT that never arrives.
/// </remarks>
/// <param name="connectionString">The server.</param>
internal sealed class CuttingProxy(string connectionString) : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server = new(connectionString);
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;

    public void Start()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Judges each statement that a client executes, by its text. Called from several threads.</summary>
    public Func<string, Fate> OnExecute { get; set; } = static _ => Fate.Pass;

    /// <summary>Judges each answer that a statement is complete, by its tag, such as COMMIT or UPDATE 3.</summary>
    public Func<string, Fate> OnComplete { get; set; } = static _ => Fate.Pass;

    /// <summary>Hears what the server tells besides answers, such as plans. Called from several threads.</summary>
    public Action<string> OnNotice { get; set; } = static _ => { };

    public string ConnectionString => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
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
                await server.ConnectAsync(_server.Host!, _server.Port, _stopping.Token);
                await using var clientStream = new NetworkStream(client);
                await using var serverStream = new NetworkStream(server);
                await Task.WhenAny(
                    PumpRequestsAsync(clientStream, serverStream), PumpAnswersAsync(serverStream, clientStream));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody is there any more.
            }

            Reset(client);
            Reset(server);
        }
    }

    private async Task PumpRequestsAsync(Stream client, Stream server)
    {
        var statements = new Dictionary<string, string>(); // By the name under which the client has prepared them.
        var first = true; // The first message has no type.
        using var reader = new BufferedStream(client);
        while (await ReadAsync(reader, first) is { } message)
        {
            var fate = !first && Executed(message, statements) is { } statement ? OnExecute(statement) : Fate.Pass;
            first = false;
            if (!await PassAsync(message, server, fate))
            {
                return;
            }
        }
    }

    private async Task PumpAnswersAsync(Stream server, Stream client)
    {
        using var reader = new BufferedStream(server);
        while (await ReadAsync(reader, untyped: false) is { } message)
        {
            if (message[0] == 'N')
            {
                OnNotice(NoticeIn(message));
            }

            var fate = message[0] == 'C' ? OnComplete(Text(message, 5)) : Fate.Pass;
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
                try
                {
                    await to.WriteAsync(message, _stopping.Token);
                    return true;
                }
                catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
                {
                    return false;
                }
        }
    }

    /// <returns>The text of what the message executes, or null when it is about something else.</returns>
    private static string? Executed(byte[] message, Dictionary<string, string> statements)
    {
        switch ((char)message[0])
        {
            case 'P': // Parse: the name, the text, the types.
                var name = Text(message, 5);
                statements[name] = Text(message, 5 + Encoding.UTF8.GetByteCount(name) + 1);
                return null;
            case 'B': // Bind: the portal, the name, the parameters.
                var portal = Text(message, 5);
                return statements.GetValueOrDefault(Text(message, 5 + portal.Length + 1));
            case 'Q':
                return Text(message, 5);
            default:
                return null;
        }
    }

    /// <summary>The field M among those of a notice, each a letter and a text.</summary>
    private static string NoticeIn(byte[] message)
    {
        for (var at = 5; message[at] != 0;)
        {
            var text = Text(message, at + 1);
            if (message[at] == 'M')
            {
                return text;
            }

            at += 1 + Encoding.UTF8.GetByteCount(text) + 1;
        }

        return "";
    }

    private async Task<byte[]?> ReadAsync(Stream stream, bool untyped)
    {
        var head = new byte[untyped ? 4 : 5];
        try
        {
            await stream.ReadExactlyAsync(head, _stopping.Token);
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(head.Length - 4)) - 4;
            var message = new byte[head.Length + length];
            head.CopyTo(message, 0);
            await stream.ReadExactlyAsync(message.AsMemory(head.Length), _stopping.Token);
            return message;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return null; // EndOfStreamException is an IOException.
        }
    }

    private static string Text(byte[] message, int from) =>
        Encoding.UTF8.GetString(message, from, Array.IndexOf(message, (byte)0, from) - from);

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0); // Closing sends RST.
        socket.Close();
    }
}
