using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hydra.Cli.Replaying;

/// <summary>
/// The user's own program, started for its code only: it replays the histories that it is given, and touches nothing.
/// </summary>
/// <remarks>
/// It is asked by an environment variable that the library in it honours when it opens its first engine. What it prints
/// otherwise is kept only to tell why it did not answer.
/// </remarks>
internal sealed class CodeProgram : IAsyncDisposable
{
    private const string Variable = "HYDRA_REPLAY";
    private const string Word = "hydra-replay";
    private const int ShownLines = 20;
    private const int KnowsForks = 2; // The first version of its answers that does.

    private static readonly TimeSpan ToBegin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ToEnd = TimeSpan.FromSeconds(5);
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1024 };

    private readonly Process _process;
    private readonly string _mark;
    private readonly string _name;
    private readonly Queue<string> _printed = new();
    private readonly Task _errors;
    private int _version;

    private CodeProgram(Process process, string mark, string name)
    {
        _process = process;
        _mark = mark;
        _name = name;
        _errors = ReadErrorsAsync();
    }

    /// <summary>Starts the program and waits until it is ready.</summary>
    /// <param name="path">An executable, or a .dll, which dotnet runs.</param>
    /// <param name="arguments">What it is started with.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="UsageException">There is no such program.</exception>
    /// <exception cref="InvalidOperationException">It opened no engine; the message has what it printed.</exception>
    public static async Task<CodeProgram> StartAsync(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellationToken)
    {
        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var isDll = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        if ((isDll || path.AsSpan().ContainsAny('/', '\\')) && !File.Exists(path))
        {
            throw new UsageException($"--program: there is no file '{path}'.");
        }

        var start = new ProcessStartInfo(isDll ? "dotnet" : path)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var argument in isDll ? arguments.Prepend(path) : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment.Where(variable => variable.Value is not null))
        {
            start.Environment[name] = value;
        }

        start.Environment[Variable] = mark;
        var program = new CodeProgram(Start(start, path), mark, path);
        try
        {
            using var hello = await program.ReadAsync(ToBegin, cancellationToken);
            program._version = hello.RootElement.GetProperty("protocol").GetInt32();
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replays histories; gives a report of each, as JSON, in their order.</summary>
    /// <param name="histories">What is recorded.</param>
    /// <param name="wish">How they are replayed.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="InvalidOperationException">The program is too old for it, or did not answer.</exception>
    public async IAsyncEnumerable<JsonDocument> ReplayAsync(
        IAsyncEnumerable<ExecutionDetails> histories,
        ReplayWish wish,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (wish.Fork is not null && _version < KnowsForks)
        {
            throw new InvalidOperationException(
                $"The program '{_name}' is built with an earlier version of Hydra, which knows no dry runs of forks.");
        }

        using var more = new SemaphoreSlim(0); // Released for each that is sent, and once more behind the last.
        var sent = 0;
        var sending = SendAsync();
        var limit = (wish.Patience ?? new ReplayOptions().Patience) + ToBegin;
        for (var answered = 0; ; answered++)
        {
            await more.WaitAsync(cancellationToken);
            if (answered == Volatile.Read(ref sent))
            {
                break;
            }

            yield return await ReadAsync(limit, cancellationToken);
        }

        await sending; // Throws what kept it from reading all of them.

        async Task SendAsync()
        {
            try
            {
                await foreach (var history in histories.WithCancellation(cancellationToken))
                {
                    Interlocked.Increment(ref sent);
                    more.Release();
                    await _process.StandardInput.WriteLineAsync(
                        wish.Request(history).AsMemory(), cancellationToken);
                    await _process.StandardInput.FlushAsync(cancellationToken);
                }
            }
            finally
            {
                more.Release();
                _process.StandardInput.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended and read nothing.
        }

        using var patience = new CancellationTokenSource(ToEnd);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true); // It goes on with something that nobody asked it for.
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _errors;
        _process.Dispose();
    }

    private static Process Start(ProcessStartInfo start, string path)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new UsageException($"--program: '{path}' cannot be started: {e.Message}");
        }
    }

    private async Task<JsonDocument> ReadAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        var prefix = $"{Word} {_mark} ";
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (!line.StartsWith(prefix, StringComparison.Ordinal))
                {
                    Note(line);
                    continue;
                }

                var answer = JsonDocument.Parse(line.AsMemory(prefix.Length), Deep);
                if (!answer.RootElement.TryGetProperty("error", out var error))
                {
                    return answer;
                }

                using (answer)
                {
                    throw new InvalidOperationException($"The program '{_name}' could not replay: {error}");
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(Complaint($"did not answer within {limit}"), e);
        }

        await _process.WaitForExitAsync(cancellationToken);
        await _errors;
        throw new InvalidOperationException(Complaint(
            $"ended with exit code {_process.ExitCode.ToString(CultureInfo.InvariantCulture)} and did not answer"));
    }

    private string Complaint(string what)
    {
        lock (_printed)
        {
            var printed = _printed.Count == 0 ? "It printed nothing." : $"It printed: {string.Join('\n', _printed)}";
            return $"The program '{_name}' {what}. It answers when it opens its engine, by AddHydra in a host that it "
                + $"runs or by HydraEngine.OpenAsync. {printed}";
        }
    }

    private void Note(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        lock (_printed)
        {
            _printed.Enqueue(line);
            if (_printed.Count > ShownLines)
            {
                _printed.Dequeue();
            }
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            Note(line);
        }
    }
}
