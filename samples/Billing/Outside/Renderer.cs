using System.Globalization;
using Hydra;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Billing;

/// <summary>Makes a PDF in a folder, named after the bill: made again, it is the same file.</summary>
/// <remarks>Nothing half made is ever seen, because the whole file is moved to its place at once.</remarks>
public sealed class Renderer(string folder)
{
    private const int FontSize = 14;

    public async Task<string> RenderAsync(Bill bill, CancellationToken cancellationToken)
    {
        if (bill.Customer == "cleo" || (bill.Customer == "bob" && StepContext.Current!.Attempt == 1))
        {
            throw new IOException("The printer's font is in use.");
        }

        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{bill.Customer}-{bill.Month}.pdf");
        var unfinished = $"{file}.{Guid.NewGuid():N}";
        await File.WriteAllBytesAsync(unfinished, Draw(bill), cancellationToken);
        File.Move(unfinished, file, overwrite: true);
        return file;
    }

    private static byte[] Draw(Bill bill)
    {
        var document = new PdfDocumentBuilder();
        var font = document.AddStandard14Font(Standard14Font.Helvetica);
        var page = document.AddPage(PageSize.A4);
        string[] lines =
        [
            $"Bill of {bill.Month} for {bill.Customer}",
            $"Plan {Money(bill.Plan)}",
            $"Usage {Money(bill.Usage)}",
            $"Discount {Money(bill.Discount)}",
            $"Total {Money(bill.Total)}",
        ];
        foreach (var (index, line) in lines.Index())
        {
            page.AddText(line, FontSize, new PdfPoint(60, 760 - (24 * index)), font);
        }

        return document.Build();
    }

    private static string Money(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);
}
