using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Hydra.Cli;

/// <summary>Where a command's answer goes: tables or JSON to standard output, complaints to the error stream.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool json)
{
    /// <summary>How wide tables may be when nobody watches: they are as wide as they must.</summary>
    private const int PipeWidth = 10_000;

    // Not HTML: an apostrophe stays one.
    private static readonly JsonWriterOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public bool Json { get; } = json;

    /// <summary>Writes one JSON value and a line end.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write, bool indented = false)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = indented }))
        {
            write(writer);
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    public void WriteLine(string text) => output.WriteLine(text);

    /// <summary>Writes a sentence, broken between words where somebody watches and not where it is piped.</summary>
    public void WriteParagraph(string text)
    {
        var printable = Commands.Tables.Printable(text);
        if (IsPiped)
        {
            output.WriteLine(printable);
        }
        else
        {
            Write(new Text(printable + Environment.NewLine));
        }
    }

    public void Write(Commands.Listing listing) => Write(listing.Render(Width));

    /// <summary>The width of the terminal; null where nobody watches.</summary>
    public int? Width => IsPiped ? null : AnsiConsole.Profile.Width;

    /// <summary>Writes something laid out; in a pipe as wide as it must be, without blanks at the ends.</summary>
    public void Write(Spectre.Console.Rendering.IRenderable layout)
    {
        if (!IsPiped)
        {
            AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(layout);
            return;
        }

        using var lines = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(lines),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = PipeWidth;
        console.Write(layout);
        foreach (var line in lines.ToString().TrimEnd().Split('\n'))
        {
            output.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>Says what may surprise, without failing.</summary>
    public void Warn(string message) => Complain("warning", message);

    /// <summary>Says why the command failed, on one line and without a stack trace.</summary>
    public void Fail(string message) => Complain("error", message);

    private bool IsPiped => Console.IsOutputRedirected || !ReferenceEquals(output, Console.Out);

    private void Complain(string kind, string message)
    {
        var line = string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        if (!Json)
        {
            error.WriteLine($"hydra: {(kind == "error" ? "" : kind + ": ")}{Commands.Tables.Printable(line)}");
            return;
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString(kind, line);
            writer.WriteEndObject();
        }

        error.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }
}
